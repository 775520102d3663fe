/**
 * Between signalling and media: the same message-shaped style as the engine's own port. One media worker serves many
 * legs; it opens the RTP socket, and knows nothing of SIP. Within one leg events are ordered.
 */
import type { EngineCommand, EngineEventBody, LegId, RtpStats } from '#voice/engine.js';

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
  /** The payload type under which the far end hears telephone-event/8000 (RFC 4733), where both sides have it. */
  dtmfPayloadType?: number;
  /** The one under which it sends them to us, where it differs: each side's description names its own (RFC 3264). */
  dtmfReceivePayloadType?: number;
  /** Without `dtmfPayloadType`: the far end allows INFO and is sent keys by it; otherwise it is sent tones. */
  dtmfByInfo?: boolean;
  /** Comfort noise (RFC 3389) may be sent: the far end's description names it. */
  comfortNoise?: boolean;
  /** What we may do: `sendonly` sends and ignores what arrives. */
  direction: MediaDirection;
}

export type MediaCommand =
  /** Binds a pair of ports (RTP even, RTCP next). Answered by `opened`, or by `closed` with an error. */
  | { kind: 'open'; leg: LegId; beside?: LegId }
  /** Starts or changes the session (re-INVITE, early media): playing goes on. */
  | { kind: 'connect'; leg: LegId; session: MediaSession }
  /** As in the engine's port. */
  | Extract<
      EngineCommand,
      {
        kind:
          'play' | 'stop' | 'record' | 'pause' | 'resume' | 'detectMachine' | 'bridge' | 'join' | 'leave' | 'sendDtmf';
      }
    >
  /** A key that arrived by SIP INFO: treated as one heard in the media (barge-in); echoed as `dtmf`, via `info`. */
  | { kind: 'info'; leg: LegId; digit: string; durationMs: number }
  | { kind: 'close'; leg: LegId };

export type MediaEvent =
  /** The local RTP port, to be written into the session description. */
  | { kind: 'opened'; leg: LegId; port: number }
  /** As in the engine's port. */
  | Extract<EngineEventBody, { kind: 'dtmf' | 'machine' | 'machine.beep' | 'machine.silence' | 'job.done' | 'load' }>
  /** A digit that signalling is to send by INFO now, in a session with `dtmfByInfo`. */
  | { kind: 'sendInfo'; leg: LegId; digit: string; durationMs: number }
  /** Nothing arrived for the media timeout after `connect` in a direction that receives. */
  | { kind: 'silent'; leg: LegId; forMs: number }
  | { kind: 'closed'; leg: LegId; stats: RtpStats; error?: string };
