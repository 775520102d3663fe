/** The port to those who carry text messages. Adapters lie beside it; `conformance.ts` is what all of them keep to. */
import type {
  EverySettings,
  HttpSettings,
  SmppSettings,
  TelnyxSettings,
  TwilioSettings,
} from '#carriers/carrier-settings.js';

export type * from '#carriers/carrier-settings.js';

/** One connection to a carrier, opened and closed by `CarrierSet`. */
export interface Carrier {
  /** Parts that may be under way at once; more are not handed over. */
  readonly window: number;
  /**
   * Hands parts of one text over and resolves once the carrier has said what becomes of each: one result per part, in
   * the same order, or a single one for all where the carrier takes texts whole. Never rejects, and always resolves
   * within a time of its own.
   */
  submit(text: OutgoingText): Promise<PartResult[]>;
  /** What it wants to be shown by whoever fetches a file that it told of from this address. Absent: nothing. */
  fileHeaders?(url: string): Record<string, string>;
  /** Asks it for a sign of life, within a time of its own. Absent: what `onState` said last is all that is known. */
  probe?(): Promise<CarrierState>;
  /** Ends the connection. What is under way resolves first, as `unknown` where no answer came. */
  close(): Promise<void>;
}

export interface OutgoingText {
  /** Ours: `sms_…`; given to carriers that keep a reference of the client. */
  id: string;
  /** E.164, a short code, or letters and digits (at most 11). */
  from: string;
  /** E.164. */
  to: string;
  /** All of it, for carriers that cut it themselves. */
  text: string;
  encoding: 'gsm7' | 'ucs2';
  /** Those that are still to be handed over. */
  parts: readonly TextPart[];
  /** How many parts the text has. */
  of: number;
  /** The same in all parts of a text (3GPP TS 23.040, 9.2.3.24.1). */
  reference: number;
  /** How long the carrier may try. */
  validitySeconds: number;
  /** Addresses of pictures and files that go with it, which the carrier fetches; it is one part then. Default: none. */
  media?: readonly string[];
}

export interface TextPart {
  /** 1-based. */
  part: number;
  /** User data header with its length octet; empty where there is none (3GPP TS 23.040, 9.2.3.24). */
  header: Uint8Array;
  /** `gsm7`: a septet in each octet; `ucs2`: UTF-16 big-endian. Without the header. */
  body: Uint8Array;
}

export type PartResult =
  /** `theirId` names it in receipts; undefined where the carrier gives none. */
  | { kind: 'accepted'; theirId: string | undefined }
  /** For good: sending it again would be refused again. */
  | { kind: 'refused'; code: string; detail: string }
  /** Surely not accepted, and worth another try after the delay. */
  | { kind: 'throttled'; code: string; retryAfterMs: number }
  /** Surely never left: no connection. */
  | { kind: 'unreachable'; detail: string }
  /** It may have been accepted: it left, and no answer came (rule 18). */
  | { kind: 'unknown'; detail: string };

/** What a carrier reports of a part that it accepted. */
export interface Receipt {
  theirId: string;
  state: 'accepted' | 'delivered' | 'undelivered' | 'expired' | 'rejected' | 'unknown';
  /** The network's error code, as the carrier writes it. */
  code?: string;
  detail?: string;
  at?: Date;
  /** As the receipt names them; they help to find a text whose id is not known. */
  from?: string;
  to?: string;
  /** Ours, where the carrier gives it back. */
  ourId?: string;
}

/** A text from outside, or one part of it. */
export interface IncomingText {
  /** The carrier's, where it has one: what comes twice under it is one text. */
  theirId?: string;
  from: string;
  to: string;
  text: string;
  /** Of a text in several parts. */
  concatenation?: { reference: number; part: number; of: number };
  /** Our id of the text that it answers, where the carrier knows it. */
  inReplyTo?: string;
  /** Pictures and files that came with it. */
  media?: readonly IncomingMedia[];
}

/** A file that a carrier keeps for us to fetch. */
export interface IncomingMedia {
  /** `http:` or `https:`; of the sandbox also `data:`. */
  url: string;
  /** Its media type, as the carrier says. */
  type?: string;
}

/** Files of one text. */
export const MOST_MEDIA = 10;

/** Who is told. A promise resolves once it is written down; where it rejects, the carrier is asked to tell it again. */
export interface CarrierListener {
  onReceipt(carrierId: string, receipt: Receipt): Promise<void>;
  onMessage(carrierId: string, message: IncomingText): Promise<void>;
  onState(carrierId: string, state: CarrierState): void;
}

export interface CarrierState {
  up: boolean;
  /** For the operator. */
  detail: string;
}

export const CARRIER_KINDS = ['smpp', 'http', 'twilio', 'telnyx'] as const;
export type CarrierKind = (typeof CARRIER_KINDS)[number];

/** Settings were checked where they were written (`core/carriers`). */
export type CarrierConfig = {
  [Kind in CarrierKind]: {
    id: string;
    name: string;
    kind: Kind;
    settings: Readonly<CarrierSettings[Kind]>;
    /** smpp: `password`; twilio: `authToken`, `keySecret`; telnyx: `apiKey`; http: as its template names them. */
    secrets: Readonly<Record<string, string>>;
  };
}[CarrierKind];
export type ConfigOf<Kind extends CarrierKind> = Extract<CarrierConfig, { kind: Kind }>;

export interface CarrierSettings {
  smpp: SmppSettings & EverySettings;
  http: HttpSettings;
  twilio: TwilioSettings;
  telnyx: TelnyxSettings;
}

/** A request that a carrier made to us. */
export interface CarrierCallback {
  method: string;
  /** As the carrier sees it, with its query. */
  url: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

export interface CallbackReply {
  status: number;
  contentType?: string;
  body?: string;
}

/** The carrier of test keys, always there. */
export const LOOPBACK = 'loopback';

/** All carriers that this process is connected to. */
export interface Carriers {
  get(id: string): Carrier | undefined;
  /** Opens, changes and closes connections until they are as described. */
  configure(configs: readonly CarrierConfig[]): Promise<void>;
  /** Undefined: there is no such carrier, or it calls nobody back. */
  callback(id: string, request: CarrierCallback): Promise<CallbackReply | undefined>;
  /** The business, once it is there. */
  listen(listener: CarrierListener): void;
  close(): Promise<void>;
}
