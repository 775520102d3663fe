/**
 * The port of the phone engine: commands in, events out, both plain serialisable messages, so that an engine can run
 * in a worker thread or in another program. The engine knows legs, trunks and phones; it has never heard of an account
 * or of a call. Adapters: `sip` and `simulated`; both run `voice/conformance.ts`.
 */
export interface Engine {
  /** Never throws and never blocks: what cannot be done comes back as an event (`leg.ended`, `job.done` failed). */
  send(command: EngineCommand): void;
  /** Adds a listener; returns its removal. Events of one engine carry strictly growing `seq`. */
  on(listener: (event: EngineEvent) => void): () => void;
  /** Ends all legs, closes sockets and workers. Idempotent. */
  close(): Promise<void>;
}

/** Chosen by whoever creates the leg: by the caller of `dial`, by the engine for `leg.incoming`. */
export type LegId = string;
/** Chosen by the caller; echoed in `job.done`. Unique within its leg. */
export type JobId = string;

/** Mono linear PCM, 16 bit, 8,000 samples a second. The buffer may be shared between threads; it is never written to. */
export interface AudioClip {
  pcm: Int16Array;
}

export type DialTarget =
  /** Out through a trunk; `number` is E.164 or an extension, put into the trunk's form by the engine. */
  | { kind: 'trunk'; trunk: string; number: string }
  /** Every registered contact of a phone, forked; the first to answer wins. */
  | { kind: 'phone'; phone: string; number: string }
  /** A literal SIP URI; only the doctor's loopback call and benches use it. */
  | { kind: 'uri'; uri: string };

export interface CallerId {
  /** E.164 or an extension: the user part of From. */
  number: string;
  displayName?: string;
}

export type EngineCommand =
  /** Replaces the engine's whole knowledge of trunks and phones. Legs in progress are not touched. */
  | { kind: 'configure'; trunks: TrunkConfig[]; phones: PhoneConfig[] }
  | { kind: 'dial'; leg: LegId; to: DialTarget; from: CallerId; ringTimeoutMs: number }
  /** Incoming legs: 180 Ringing. */
  | { kind: 'ring'; leg: LegId }
  /** Incoming legs: 200 OK. */
  | { kind: 'answer'; leg: LegId }
  /** Any state: refuses an incoming leg (with `sipCode`, default 480), cancels a dialled one, ends an answered one. */
  | { kind: 'hangup'; leg: LegId; sipCode?: number; reason?: string }
  /** Queued behind what the leg is playing already. `bargeIn`: the first key pressed stops it. */
  | { kind: 'play'; leg: LegId; job: JobId; clips: AudioClip[]; bargeIn?: boolean }
  /** Stops one playing or recording job; without `job`, all that play. */
  | { kind: 'stop'; leg: LegId; job?: JobId }
  /** Records what the leg's far end says (`in`), hears (`out`), or both mixed, until stopped, ended or `maxMs`. */
  | { kind: 'record'; leg: LegId; job: JobId; side: 'in' | 'out' | 'mixed'; maxMs: number }
  /** Digits 0–9, *, #, A–D by RFC 4733, one after the other. */
  | { kind: 'sendDtmf'; leg: LegId; job: JobId; digits: string }
  /** Asks a trunk's proxy for a sign of life (OPTIONS). Answered by `probe.done`. */
  | { kind: 'probe'; probe: string; trunk: string };

export interface TrunkConfig {
  id: string;
  name: string;
  /** `sip:host[:port][;transport=udp|tcp]` of the carrier's proxy. */
  uri: string;
  username?: string;
  password?: string;
  /** How the called and the calling number are written for this trunk (rule 1). Default `+E.164`. */
  numberForm?: 'e164' | 'bare';
}

export interface PhoneConfig {
  id: string;
  /** The user name it registers and authenticates with. */
  name: string;
  /** The host part of its address of record, where several accounts share the engine; undefined: any host. */
  domain?: string;
  password: string;
  /** Registrations known from before a restart. */
  contacts?: PhoneContact[];
}

export interface PhoneContact {
  /** The Contact URI as registered. */
  uri: string;
  /** Where the REGISTER came from and requests go to (RFC 3581, RFC 5626 in spirit). */
  transport: 'udp' | 'tcp';
  address: string;
  port: number;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

/** Why a leg ended. A closed set: every SIP status and every local reason maps to one. */
export const END_CAUSES = [
  /** A BYE after the answer, from either side. */
  'hangup',
  'busy',
  /** Declined by the callee (603, 607, 608). */
  'rejected',
  /** Rang until the ring timeout, or 480/408 from the far end. */
  'no_answer',
  /** Ended by us before an answer. */
  'canceled',
  /** No such number (404, 410, 484, 604). */
  'unallocated',
  /** Nothing at the trunk's address answers, or its name does not resolve. */
  'unreachable',
  /** 503, 429 or Retry-After: the far end is overloaded. */
  'congestion',
  /** 401, 403, 407 after our best credentials. */
  'forbidden',
  /** No codec in common (488, 606, 415), or a broken session description. */
  'incompatible',
  /** Any other 3xx–6xx. */
  'carrier_error',
  /** The phone has no live registration. */
  'not_registered',
  /** The trunk or phone is not known to the engine. */
  'no_route',
  /** No media for too long after the answer. */
  'media_timeout',
  /** The engine or one of its workers failed or is shutting down. */
  'engine_failed',
] as const;
export type EndCause = (typeof END_CAUSES)[number];

/** RTP as counted by our side of a leg. */
export interface RtpStats {
  packetsSent: number;
  packetsReceived: number;
  packetsLost: number;
  /** RFC 3550 interarrival jitter, milliseconds. */
  jitterMs: number;
}

/** Who an incoming leg comes from. */
export type LegOrigin =
  { kind: 'trunk'; trunk: string } | { kind: 'phone'; phone: string } | { kind: 'loopback'; token: string };

export type EngineEvent = { seq: number; at: number } & EngineEventBody;

export type EngineEventBody =
  /** The engine answers 403 to strangers by itself; these are from trunks and authenticated phones only. */
  | { kind: 'leg.incoming'; leg: LegId; origin: LegOrigin; from: string; to: string; displayName?: string }
  /** The first provisional answer: the INVITE arrived somewhere. */
  | { kind: 'leg.proceeding'; leg: LegId; sipCode: number }
  | { kind: 'leg.ringing'; leg: LegId; sipCode: number }
  /** Early media flows before the answer (183 with a session description). */
  | { kind: 'leg.early'; leg: LegId; sipCode: number }
  | { kind: 'leg.answered'; leg: LegId; sipCode: number }
  | {
      kind: 'leg.ended';
      leg: LegId;
      cause: EndCause;
      /** Who ended it. */
      by: 'us' | 'them';
      /** The final status of a refused INVITE; 200 for a leg that was answered. Undefined: no answer came at all. */
      sipCode?: number;
      /** The reason phrase or Reason header, as received, at most 200 characters. */
      sipReason?: string;
      /** From Retry-After. */
      retryAfterSeconds?: number;
      rtp?: RtpStats;
    }
  | { kind: 'dtmf'; leg: LegId; digit: string; via: 'rfc4733' | 'info'; durationMs: number }
  | {
      kind: 'job.done';
      leg: LegId;
      job: JobId;
      /** `ended`: the leg ended first. */
      outcome: 'completed' | 'stopped' | 'barged' | 'ended' | 'failed';
      /** How much was played or recorded, milliseconds. */
      durationMs: number;
      /** Of a recording: the samples, transferred. */
      recording?: AudioClip;
    }
  | { kind: 'registration'; phone: string; contacts: PhoneContact[] }
  | { kind: 'probe.done'; probe: string; ok: boolean; sipCode?: number; detail: string }
  /** About once a second while legs exist, and when it changes. */
  | { kind: 'load'; legs: number; tickLagMs: number };
