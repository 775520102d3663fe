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
/** A transfer of one leg: chosen by the caller of `transfer`, by the engine for `transfer.request`. */
export type TransferId = string;

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
  /** E.164 or an extension; a trunk's `callerId` says where it is written. */
  number: string;
  displayName?: string;
  /** The callee is not to see it (RFC 3323, `Privacy: id`); the trunk still learns it. */
  private?: boolean;
  /** What the network that it came from says of the number; phones of ours are told (`verstat`, ATIS-1000074). */
  verstat?: string;
}

/** Whom the call was for before it was forwarded (RFC 5806). */
export interface Diversion {
  number: string;
  reason: 'unconditional' | 'user-busy' | 'no-answer' | 'unavailable' | 'deflection';
}

export type EngineCommand =
  /** Replaces the engine's whole knowledge of trunks and phones. Legs in progress are not touched. */
  | { kind: 'configure'; trunks: TrunkConfig[]; phones: PhoneConfig[] }
  | {
      kind: 'dial';
      leg: LegId;
      to: DialTarget;
      from: CallerId;
      ringTimeoutMs: number;
      diversion?: Diversion;
      /** A leg that this one will be bridged with: both get the same media worker where there is room. */
      beside?: LegId;
      /** How many hops are left to a call that is passed on: one less than came with it (RFC 7332). Default 70. */
      maxForwards?: number;
    }
  /** Incoming legs: 180 Ringing. */
  | { kind: 'ring'; leg: LegId }
  /** Incoming legs: 183 with a session description. What is played or bridged is heard before the answer. */
  | { kind: 'early'; leg: LegId }
  /** Incoming legs: 200 OK. */
  | { kind: 'answer'; leg: LegId }
  /** Any state: refuses an incoming leg (with `sipCode`, default 480), cancels a dialled one, ends an answered one. */
  | { kind: 'hangup'; leg: LegId; sipCode?: number; reason?: string }
  /**
   * Queued behind what the leg is playing already; takes the place of what a bridge or conference says meanwhile.
   * `bargeIn`: the first key pressed stops it. `loop`: from the beginning again, until stopped.
   */
  | { kind: 'play'; leg: LegId; job: JobId; clips: AudioClip[]; bargeIn?: boolean; loop?: boolean }
  /** Stops one job; without `job`, all that play. */
  | { kind: 'stop'; leg: LegId; job?: JobId }
  /**
   * Records what the leg's far end says (`in`), hears (`out`), both mixed, or both `apart`, until stopped, ended or
   * `maxMs` of sound are kept. `silenceMs`: also when its far end has said nothing for so long; however it ends, it then
   * ends with the last thing that was said. Not with `out`.
   */
  | { kind: 'record'; leg: LegId; job: JobId; side: RecordedSide; maxMs: number; silenceMs?: number }
  /** What is said between `pause` and `resume` is left out of the recording, and its time as well. */
  | { kind: 'pause'; leg: LegId; job: JobId }
  | { kind: 'resume'; leg: LegId; job: JobId }
  /** Digits 0–9, *, #, A–D, `,` for a pause of one second; by RFC 4733, else by SIP INFO, else as tones. */
  | { kind: 'sendDtmf'; leg: LegId; job: JobId; digits: string }
  /** Listens for who answered: `machine` events, and `job.done` when stopped or after `maxMs`. */
  | { kind: 'detectMachine'; leg: LegId; job: JobId; options?: MachineDetectionOptions }
  /** Both hear each other, as soon as and as long as both have media; ends what either was bridged or joined to. */
  | { kind: 'bridge'; leg: LegId; with: LegId }
  /** Into a conference, which begins with its first leg and ends with its last. `muted`: hears, is not heard. */
  | { kind: 'join'; leg: LegId; conference: string; muted?: boolean }
  /** Out of its bridge or conference. */
  | { kind: 'leave'; leg: LegId }
  /** Answered legs: a re-INVITE that the far end need not listen nor speak (RFC 3264 section 8.4), or that it may again. */
  | { kind: 'hold'; leg: LegId; on: boolean }
  /**
   * Answered legs: asks the far end (REFER, RFC 3515) to call `number`, or to take the place of `leg` (RFC 3891) in that
   * leg's call. Answered by `transfer.done`.
   */
  | { kind: 'transfer'; leg: LegId; transfer: TransferId; to: { number: string } | { leg: LegId } }
  /** How a transfer that the far end asked for gets on; from 200 on it is over. */
  | { kind: 'transferProgress'; leg: LegId; transfer: TransferId; sipCode: number }
  /** How many voice messages wait for a phone (RFC 3842). */
  | { kind: 'mailbox'; phone: string; newMessages: number; oldMessages: number }
  /** Takes a ban off (rule 13); without `address` all. */
  | { kind: 'unban'; address?: string }
  /** Asks a trunk's proxy for a sign of life (OPTIONS). Answered by `probe.done`. */
  | { kind: 'probe'; probe: string; trunk: string };

export const RECORDED_SIDES = ['in', 'out', 'mixed', 'apart'] as const;
export type RecordedSide = (typeof RECORDED_SIDES)[number];

/** Defaults and their reasons: `voice/detection/`. All in milliseconds. */
export interface MachineDetectionOptions {
  /** So much speech without a longer pause: a machine. */
  machineSpeechMs?: number;
  /** So much silence after speech: a person. */
  humanSilenceMs?: number;
  /** Nothing at all said for so long: `silence`. */
  initialSilenceMs?: number;
  /** The first verdict falls within so long from the first sound, whatever was heard. */
  verdictMs?: number;
  /** So much silence after a machine's greeting: the greeting is over, beep or not. Default 2,500. */
  greetingEndMs?: number;
  /** Listening for a beep and for a change of mind ends after so long. */
  maxMs?: number;
}

/** `network`: a special information tone (ITU-T E.180) or an announcement of the network. */
export const MACHINE_VERDICTS = ['human', 'machine', 'fax', 'network', 'screening', 'silence', 'unknown'] as const;
export type MachineVerdict = (typeof MACHINE_VERDICTS)[number];

/** How a number is written on the wire: `+12025550123`, `12025550123`, `2025550123` or `0…`, `0012025550123`. */
export const NUMBER_FORMS = ['e164', 'bare', 'national', 'international'] as const;
export type NumberForm = (typeof NUMBER_FORMS)[number];

export interface TrunkConfig {
  id: string;
  name: string;
  /** `sip:host[:port][;transport=udp|tcp|tls]` or `sips:host[:port]` of the carrier's proxy. */
  uri: string;
  /** Of digest authentication and of the address that is registered. */
  username?: string;
  password?: string;
  /** Registers `username` at the proxy (RFC 3261 section 10) and keeps it registered, asking for so long. */
  register?: { expiresSeconds: number };
  /** Seconds between two OPTIONS that ask whether the trunk lives; 0: never. Default 60. */
  healthEverySeconds?: number;
  /** Rule 1, both ways. */
  numbers?: TrunkNumberRules;
  callerId?: TrunkCallerId;
  /** Where its calls may come from, beside the addresses of `uri`: addresses or networks such as `192.0.2.0/24`. */
  inboundAddresses?: string[];
  /** Over TLS: whether the certificate must be one for the host of `uri`, and of whom. Default: yes, of the system's. */
  tls?: { verify?: boolean; ca?: string };
}

export interface TrunkNumberRules {
  /** Default `e164`. */
  called?: NumberForm;
  /** Default: as `called`. */
  caller?: NumberForm;
  /** The country of `national` numbers, its calling code without plus. */
  countryCode?: string;
  /** What national numbers begin with (`0` in much of Europe); default nothing. */
  nationalPrefix?: string;
  /** What international numbers begin with (`00`, `011`); default `00`. */
  internationalPrefix?: string;
  /** Written before every called number. */
  technicalPrefix?: string;
  /** Where the called number of an incoming call stands. Default `request-uri`. */
  calledFrom?: 'request-uri' | 'to' | 'p-called-party-id';
}

export interface TrunkCallerId {
  /** Where our number is written beside or instead of From. Default: `from` only. */
  header?: 'from' | 'p-asserted-identity' | 'p-preferred-identity' | 'remote-party-id';
  /** The host part of From; default: our own address. */
  fromHost?: string;
  /** From carries the trunk's user name, and the number stands in `header` only. */
  fromUser?: 'number' | 'username';
  /** Whether the trunk takes a Diversion field (RFC 5806) on forwarded calls. Default yes. */
  diversion?: boolean;
}

export interface PhoneConfig {
  id: string;
  /** The user name it registers and authenticates with. */
  name: string;
  /** The host part of its address of record, where several accounts share the engine; undefined: any host. */
  domain?: string;
  password: string;
  /**
   * What it is asked for, in this order (RFC 8760), and nothing else is taken. Default MD5 alone: many phones refuse the
   * whole answer when they do not know one of the algorithms.
   */
  digest?: readonly ('SHA-512-256' | 'SHA-256' | 'MD5')[];
  /** Registrations known from before a restart. */
  contacts?: PhoneContact[];
}

export interface PhoneContact {
  /** The Contact URI as registered. */
  uri: string;
  /** Where the REGISTER came from and requests go to (RFC 3581, RFC 5626 in spirit). */
  transport: 'udp' | 'tcp' | 'tls';
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
  /** 3xx: `redirects` says where to; whether we go there is for the caller of `dial` to decide (rule 12). */
  'redirected',
  /** Any other 4xx–6xx. */
  'carrier_error',
  /** The phone has no live registration. */
  'not_registered',
  /** The trunk or phone is not known to the engine. */
  'no_route',
  /** No media for too long after the answer. */
  'media_timeout',
  /** The far end does not refresh the session any more (RFC 4028). */
  'session_expired',
  /** The engine or one of its workers failed or is shutting down. */
  'engine_failed',
] as const;
export type EndCause = (typeof END_CAUSES)[number];

/** How a key came: telephone events (RFC 4733), SIP INFO, or the tones themselves. */
export type DtmfWay = 'rfc4733' | 'info' | 'inband';

/** RTP as counted by our side of a leg. */
export interface RtpStats {
  packetsSent: number;
  packetsReceived: number;
  packetsLost: number;
  /** RFC 3550 interarrival jitter, milliseconds. */
  jitterMs: number;
  /** Of what we received, as heard after the jitter buffer: mean opinion score 1–4.5 by ITU-T G.107. */
  mos?: number;
  /** As the far end's RTCP reports it of what we sent. */
  remote?: { lostRatio: number; jitterMs: number };
  roundTripMs?: number;
}

/** What of a caller is known beside the number, as received. */
export interface CallerEvidence {
  /** P-Asserted-Identity (RFC 3325), in the trunk's number form; believed of trunks only. */
  asserted?: string;
  /** The caller asks not to be shown (RFC 3323). */
  private?: boolean;
  diversion?: { number: string; reason: string };
  /** The STIR/SHAKEN verdict that a trunk gives (`verstat` of ATIS-1000074), and the Identity field (RFC 8224). */
  verstat?: string;
  identity?: string;
}

export interface Redirect {
  uri: string;
  /** The user part, in E.164 where the trunk's number rules say so. */
  number: string;
}

/** What a verdict rests on. Times in milliseconds since the answer. */
export interface MachineEvidence {
  atMs: number;
  /** Speech and silence heard so far. */
  speechMs: number;
  silenceMs: number;
  /** The longest piece of speech without a pause, and the pause that ended the first one. */
  longestSpeechMs: number;
  firstPauseMs: number;
  beepHz?: number;
  /** In a person's words, for whoever looks into a call. */
  why: string;
}

/** An address that is not answered for a while (rule 13). */
export interface Ban {
  /** Of IPv6 its network, `2001:db8:0:0::/64`. */
  address: string;
  reason: string;
  /** Milliseconds since the epoch. */
  since: number;
  until: number;
}

/** How a leg ended. */
export type LegEnded = Extract<EngineEvent, { kind: 'leg.ended' }>;

/** Who an incoming leg comes from. */
export type LegOrigin =
  { kind: 'trunk'; trunk: string } | { kind: 'phone'; phone: string } | { kind: 'loopback'; token: string };

export type EngineEvent = { seq: number; at: number } & EngineEventBody;

export type EngineEventBody =
  /** The engine answers 403 to strangers by itself; these are from trunks and authenticated phones only. */
  | {
      kind: 'leg.incoming';
      leg: LegId;
      origin: LegOrigin;
      from: string;
      to: string;
      displayName?: string;
      caller?: CallerEvidence;
      /** A phone of ours wants this leg in the place of that one (RFC 3891). */
      replaces?: LegId;
      /** How many hops are left to it. Whoever passes it on says so in `dial`, so that no call goes round for ever. */
      maxForwards?: number;
      /** The simulated network only: the leg of ours that its caller calls back. */
      callsBack?: LegId;
    }
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
      /** Of `redirected`. */
      redirects?: Redirect[];
      rtp?: RtpStats;
    }
  | { kind: 'dtmf'; leg: LegId; digit: string; via: DtmfWay; durationMs: number }
  /** The far end holds the call, or takes it back. */
  | { kind: 'hold'; leg: LegId; on: boolean }
  /** `heard` by a `detectMachine` job: its first verdict, and each change of mind. */
  | {
      kind: 'machine';
      leg: LegId;
      job: JobId;
      verdict: MachineVerdict;
      revised: boolean;
      evidence: MachineEvidence;
    }
  /** A mailbox's tone has ended: what is said now is recorded. */
  | { kind: 'machine.beep'; leg: LegId; job: JobId; frequencyHz: number; durationMs: number }
  /** After the verdict `machine`: nothing was said for `greetingEndMs`, and no beep came. At most once for each job. */
  | { kind: 'machine.silence'; leg: LegId; job: JobId; silenceMs: number }
  /**
   * A phone of ours asks that whoever it speaks with be connected with `to`, or, with `replaces`, with the far end of that
   * leg (RFC 3515, 3891). Accepted with 202; `transferProgress` says how it went. `referredBy`: as received (RFC 3892).
   */
  | { kind: 'transfer.request'; leg: LegId; transfer: TransferId; to: string; replaces?: LegId; referredBy?: string }
  /** What became of a `transfer` of ours; `sipCode` as the far end tells it. */
  | { kind: 'transfer.done'; leg: LegId; transfer: TransferId; ok: boolean; sipCode?: number }
  | {
      kind: 'job.done';
      leg: LegId;
      job: JobId;
      /** `ended`: the leg ended first. */
      outcome: 'completed' | 'stopped' | 'barged' | 'ended' | 'failed';
      /** How much was played or recorded, milliseconds. */
      durationMs: number;
      /** Of a recording: the samples, transferred. Of one whose sides are apart: what the far end said. */
      recording?: AudioClip;
      /** Of a recording whose sides are apart: what the far end heard; as long as `recording`. */
      recordingOut?: AudioClip;
    }
  | { kind: 'registration'; phone: string; contacts: PhoneContact[] }
  /** When it changes. `registered` only where the trunk registers. */
  | { kind: 'trunk.state'; trunk: string; up: boolean; registered?: boolean; sipCode?: number; detail: string }
  /** When the list changes: all that are banned now. */
  | { kind: 'bans'; bans: Ban[] }
  | { kind: 'probe.done'; probe: string; ok: boolean; sipCode?: number; detail: string }
  /** About once a second while legs exist, and when it changes. */
  | { kind: 'load'; legs: number; tickLagMs: number };
