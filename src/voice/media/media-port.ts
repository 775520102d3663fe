/**
 * Between signalling and media: the same message-shaped style as the engine's own port. One media worker serves many
 * legs; it opens the RTP socket, and knows nothing of SIP. Within one leg events are ordered.
 */
import type { AudioClip, JobId, LegId, RtpStats } from '#voice/engine.js';

export interface Media {
  send(command: MediaCommand): void;
  on(listener: (event: MediaEvent) => void): () => void;
  close(): Promise<void>;
}

export type CodecName = 'PCMU' | 'PCMA';
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** What offer and answer (RFC 3264) agreed on, seen from our side. */
export interface MediaSession {
  remoteAddress: string;
  remotePort: number;
  codec: CodecName;
  payloadType: number;
  /** The payload type of telephone-event/8000 (RFC 4733), where both sides have it. */
  dtmfPayloadType?: number;
  /** What we may do: `sendonly` sends and ignores what arrives. */
  direction: MediaDirection;
}

export type MediaCommand =
  /** Binds a pair of ports (RTP even, RTCP next). Answered by `opened`, or by `closed` with an error. */
  | { kind: 'open'; leg: LegId }
  /** Starts or changes the session (re-INVITE, early media): playing goes on. */
  | { kind: 'connect'; leg: LegId; session: MediaSession }
  | { kind: 'play'; leg: LegId; job: JobId; clips: AudioClip[]; bargeIn?: boolean }
  | { kind: 'stop'; leg: LegId; job?: JobId }
  | { kind: 'record'; leg: LegId; job: JobId; side: 'in' | 'out' | 'mixed'; maxMs: number }
  | { kind: 'sendDtmf'; leg: LegId; job: JobId; digits: string }
  /** A key that arrived by SIP INFO: treated as one heard in the media (barge-in); echoed as `dtmf`, via `info`. */
  | { kind: 'info'; leg: LegId; digit: string; durationMs: number }
  | { kind: 'close'; leg: LegId };

export type MediaEvent =
  /** The local RTP port, to be written into the session description. */
  | { kind: 'opened'; leg: LegId; port: number }
  | { kind: 'dtmf'; leg: LegId; digit: string; via: 'rfc4733' | 'info'; durationMs: number }
  | {
      kind: 'job.done';
      leg: LegId;
      job: JobId;
      outcome: 'completed' | 'stopped' | 'barged' | 'ended' | 'failed';
      durationMs: number;
      recording?: AudioClip;
    }
  /** Nothing arrived for the media timeout after `connect` in a direction that receives. */
  | { kind: 'silent'; leg: LegId; forMs: number }
  | { kind: 'closed'; leg: LegId; stats: RtpStats; error?: string }
  | { kind: 'load'; legs: number; tickLagMs: number };
