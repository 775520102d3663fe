/** What passes between `start-media.ts` and a media worker. */
import type { MediaCommand, MediaEvent } from '#voice/media/media-port.js';
import type { PortRange } from '#voice/rtp/port-pairs.js';

export interface MediaWorkerData {
  host: string;
  ports: PortRange | undefined;
  mediaTimeoutMs: number | undefined;
}

export type ToMediaWorker =
  /** `clipKeys`: of a play command's clips, so that the worker knows a clip it has met before. */
  { kind: 'command'; command: MediaCommand; clipKeys?: number[] } | { kind: 'close' };

export type FromMediaWorker = { kind: 'ready' } | { kind: 'event'; event: MediaEvent };
