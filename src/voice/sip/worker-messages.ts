/** What passes between `start-sip-engine.ts` and `sip-worker.ts`. */
import type { EngineCommand, EngineEvent } from '#voice/engine.js';
import type { PortRange } from '#voice/rtp/port-pairs.js';
import type { SignallingWaits } from '#voice/sip/signalling.js';

/** TLS that others connect to. */
export interface SipTls {
  /** 0: any that is free. */
  port: number;
  /** PEM files; looked at again every minute. */
  cert: string;
  key: string;
}

export interface SipWorkerData {
  host: string;
  port: number;
  tls?: SipTls | undefined;
  publicAddress?: string | undefined;
  rtpPorts?: PortRange | undefined;
  mediaWorkers: number;
  mediaTimeoutMs?: number | undefined;
  waits?: Partial<SignallingWaits> | undefined;
  maxLegs?: number | undefined;
  maxTickLagMs?: number | undefined;
  userAgent?: string | undefined;
  realm?: string | undefined;
  digestKey?: Uint8Array | undefined;
}

export type ToSipWorker =
  /** `clipKeys`: of a play command's clips, so that the worker knows a clip it has met before. */
  { kind: 'command'; command: EngineCommand; clipKeys?: number[] } | { kind: 'close' };

export type FromSipWorker =
  | { kind: 'ready'; port: number; tlsPort?: number | undefined }
  /** It could not start; one line for the operator. */
  | { kind: 'failed'; message: string }
  | { kind: 'event'; event: EngineEvent };
