import type { Kysely } from 'kysely';
import type { Readable } from 'node:stream';
import type { Clock } from '#clock.js';
import type { KeyRing } from '#core/accounts/index.js';
import type { Carriers } from '#carriers/carrier.js';
import type { CallIntake, FirstAnswers } from '#core/calls/index.js';
import type { DiskWatch } from '#core/disk/index.js';
import type { Dialect } from '#core/events.js';
import type { Log } from '#core/log.js';
import type { SecretBox } from '#core/secret-box.js';
import type { SiteLoad } from '#core/site-load/index.js';
import type { KnownSites } from '#core/sites/index.js';
import type { Mode, Tables } from '#core/tables.js';
import type { Background } from '#jobs/background.js';
import type { SpeechToText } from '#speech/stt.js';
import type { Mailer } from '#email/mailer.js';
import type { AudioFormat, Samples, SoundUse, Speech } from '#speech/tts.js';
import type { Engine } from '#voice/engine.js';

export type Db = Kysely<Tables>;

/** Moments at which a test may kill the process, and at which nothing else happens in production. */
export type KillPoint =
  | 'call.accepted'
  | 'call.claimed'
  | 'call.dialing'
  | 'call.dialed'
  | 'call.picked_up'
  | 'call.ringing'
  | 'call.answered'
  | 'call.digit'
  | 'call.ending'
  | 'call.ended'
  | 'message.accepted'
  | 'message.claimed'
  | 'message.submitted'
  | 'message.written'
  | 'attachment.fetched'
  | 'attachment.filed'
  | 'recipient.fed'
  | 'import.applying'
  | 'batch.row_made'
  | 'batch.row_written'
  | 'voicemail.filed'
  | 'delivery.claimed'
  | 'delivery.posted'
  | 'delivery.recorded';

/** The loops that look for due work. */
export const LOOPS = [
  'calls',
  'deliveries',
  'messages',
  'campaigns',
  'imports',
  'batches',
  'emails',
  'transcripts',
  'attachments',
  'referrals',
] as const;
export type Loop = (typeof LOOPS)[number];

/** What the business needs of the world. Use cases take the part they use: `Pick<Core, 'db' | 'clock'>`. */
export interface Core {
  db: Db;
  clock: Clock;
  log: Log;
  /** Runs and counts work that nobody awaits; a test waits until it is idle. */
  background: Background;
  /** The networks: real trunks and phones for live keys, the simulated one for test keys. */
  engines: Record<Mode, Engine>;
  /** Those who carry texts; of test keys always the one named loopback. */
  carriers: Carriers;
  speech: Speech;
  /** Undefined where nothing that hears is configured. */
  hearing: SpeechToText | undefined;
  /** Undefined where no mail server is configured: letters then end as failed, and say why. */
  mail: Mailer | undefined;
  secrets: SecretBox;
  /** Told when what a key may do has changed. */
  keyRing: Pick<KeyRing, 'forget'>;
  /** This process, as named in leases. */
  node: number;
  /** How doors speak of events, by the name stored with the subscription. */
  dialects: Record<string, Dialect>;
  postWebhook: WebhookTransport;
  /** Wakes the loops that look for due work; cheap, may be called too often. */
  wake: Record<Loop, () => void>;
  /** Accepts the calls of many requests at once. */
  intake: Pick<CallIntake, 'accept'>;
  /** Who waits for a call's first answer hears of it here. */
  firstAnswers: FirstAnswers;
  /** Hangs up a call in progress, whichever process conducts it. */
  hangUp: (callId: string) => void;
  /** Tells the owners that what codes may cost is reached, whatever becomes of the request that showed it. */
  noticeSpendCap: (accountId: string) => void;
  /** Sites, without a query for each request. */
  knownSites: KnownSites;
  /** What sites use of this process; the work of their requests is done in it. */
  siteLoad: SiteLoad;
  /** How much room is left on the disk of this process. */
  disk: Pick<DiskWatch, 'takesFiles' | 'requireRoom'>;
  /** Fetches and decodes a WAV or MP3: 8,000 samples a second. Rejects with a message fit for the person outside. */
  fetchAudio: (url: string) => Promise<Int16Array>;
  /**
   * Fetches or takes a WAV or MP3, and decodes it: for `hearing`, unless it is for the phone (8,000 samples a second, in
   * memory that threads can share). Rejects like `fetchAudio`.
   */
  readAudio: (audio: { url: string } | { bytes: Uint8Array }, use?: SoundUse) => Promise<Samples>;
  /** Writes sound as a file. Rejects with a message fit for the person outside. */
  encodeAudio: (sound: Samples, format: AudioFormat) => Promise<Uint8Array>;
  /** Fetches a file that a carrier keeps for us. */
  fetchFile: FileTransport;
  recordings: RecordingStore;
  speechFiles: SpeechFileStore;
  uploads: UploadStore;
  /** Reads a CSV (RFC 4180; comma, semicolon or tab, with or without BOM) row by row. Rejects on what is none. */
  readCsv: (file: Readable) => AsyncIterable<CsvRow>;
  killPoint: (point: KillPoint) => void;
  settings: CoreSettings;
}

/** Files of recordings, by a relative name. */
export interface RecordingStore {
  /** Returns the size in bytes. */
  write(file: string, pcm: Int16Array): Promise<number>;
  /** Its samples, in memory that threads can share. Rejects when it is not there. */
  read(file: string): Promise<Int16Array>;
  /** Its bytes, from the first that is asked for to the last; undefined where there is no such file. */
  open(file: string, part: { first: number; last: number }): Promise<Readable | undefined>;
  path(file: string): string;
  /** Names of the files in a folder of them, half-written ones too; none where there is no such folder. */
  list(folder: string): Promise<string[]>;
  remove(file: string): Promise<void>;
}

/** Files that were handed in, and those that are made for download, by a relative name. */
export interface UploadStore {
  /** Whole or not at all; gives its size in bytes. Rejects with `UploadTooLarge` beyond `maxBytes`. */
  write(file: string, content: Readable, maxBytes: number): Promise<number>;
  read(file: string): Promise<Readable>;
  /** From one byte to another, both included. Undefined when it is not there. */
  open(file: string, part: { first: number; last: number }): Promise<Readable | undefined>;
  remove(file: string): Promise<void>;
}

export interface CsvRow {
  /** 1-based, as an editor counts. */
  line: number;
  cells: string[];
  /** Bytes of the file up to the end of this row. */
  bytes: number;
}

/** Spoken files, by a relative name: a day, then a name within it. */
export interface SpeechFileStore {
  /** Whole or not at all. */
  write(file: string, bytes: Uint8Array): Promise<void>;
  /** From one byte to another, both included. Undefined when it is not there. */
  open(file: string, part: { first: number; last: number }): Promise<Readable | undefined>;
  remove(file: string): Promise<void>;
  /** Everything of the days before `day`: `2026-11-22`. */
  removeDaysBefore(day: string): Promise<void>;
}

export interface CoreSettings {
  /** The public address for links that leave the machine, without a trailing slash. */
  publicUrl: string;
  /** True while everything listens on loopback: http and loopback webhooks are allowed then. */
  loopbackOnly: boolean;
}

export interface WebhookRequest {
  url: string;
  headers: Record<string, string>;
  body: string;
}

export type WebhookResult = { ok: boolean; statusCode: number; excerpt: string } | { ok: false; error: string };

export interface FileRequest {
  url: string;
  /** Shown to the first address, and to no other that it sends us on to. */
  headers: Record<string, string>;
  maxBytes: number;
}

export type FetchedFile =
  | { ok: true; bytes: Buffer; type: string | undefined }
  /** `isFinal`: trying again would change nothing. */
  | { ok: false; error: string; isFinal: boolean };

/** GETs once, never from an address that is private, within its own time limit. Never rejects. */
export type FileTransport = (request: FileRequest) => Promise<FetchedFile>;

/** POSTs once, following no redirects, within its own time limit. Never rejects. */
export type WebhookTransport = (request: WebhookRequest) => Promise<WebhookResult>;
