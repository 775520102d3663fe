/**
 * Between signalling and media: the same message-shaped style as the engine's own port. One media worker serves many
 * legs; it opens the RTP socket, and knows nothing of SIP. Within one leg events are ordered.
 */
import type {
  AudioClip,
  DtmfWay,
  JobId,
  LegId,
  MachineDetectionOptions,
  MachineEvidence,
  MachineVerdict,
  RecordedSide,
  RtpStats,
} from '#voice/engine.js';

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
  | { kind: 'play'; leg: LegId; job: JobId; clips: AudioClip[]; bargeIn?: boolean; loop?: boolean }
  | { kind: 'stop'; leg: LegId; job?: JobId }
  | { kind: 'record'; leg: LegId; job: JobId; side: RecordedSide; maxMs: number }
  | { kind: 'pause' | 'resume'; leg: LegId; job: JobId }
  | { kind: 'detectMachine'; leg: LegId; job: JobId; options?: MachineDetectionOptions }
  | { kind: 'bridge'; leg: LegId; with: LegId }
  | { kind: 'join'; leg: LegId; conference: string; muted?: boolean }
  | { kind: 'leave'; leg: LegId }
  | { kind: 'sendDtmf'; leg: LegId; job: JobId; digits: string }
  /** A key that arrived by SIP INFO: treated as one heard in the media (barge-in); echoed as `dtmf`, via `info`. */
  | { kind: 'info'; leg: LegId; digit: string; durationMs: number }
  | { kind: 'close'; leg: LegId };

export type MediaEvent =
  /** The local RTP port, to be written into the session description. */
  | { kind: 'opened'; leg: LegId; port: number }
  | { kind: 'dtmf'; leg: LegId; digit: string; via: DtmfWay; durationMs: number }
  | {
      kind: 'machine';
      leg: LegId;
      job: JobId;
      verdict: MachineVerdict;
      revised: boolean;
      evidence: MachineEvidence;
    }
  | { kind: 'machine.beep'; leg: LegId; job: JobId; frequencyHz: number; durationMs: number }
  | { kind: 'machine.silence'; leg: LegId; job: JobId; silenceMs: number }
  /** A digit that signalling is to send by INFO now, in a session with `dtmfByInfo`. */
  | { kind: 'sendInfo'; leg: LegId; digit: string; durationMs: number }
  | {
      kind: 'job.done';
      leg: LegId;
      job: JobId;
      outcome: 'completed' | 'stopped' | 'barged' | 'ended' | 'failed';
      durationMs: number;
      recording?: AudioClip;
      recordingOut?: AudioClip;
    }
  /** Nothing arrived for the media timeout after `connect` in a direction that receives. */
  | { kind: 'silent'; leg: LegId; forMs: number }
  | { kind: 'closed'; leg: LegId; stats: RtpStats; error?: string }
  | { kind: 'load'; legs: number; tickLagMs: number };
