import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOOPBACK, type Carriers } from '#carriers/carrier.js';
import { CarrierSet, type Adapters } from '#carriers/carrier-set.js';
import { loopbackCarrier } from '#carriers/loopback.js';
import { systemClock, type Clock } from '#clock.js';
import { createAccount, createKey, type Account } from '#core/accounts/index.js';
import { checkCalls, type Violation } from '#core/calls/index.js';
import type { Core, KillPoint } from '#core/core.js';
import { addNumber } from '#core/numbers/index.js';
import type { Mode, Tables } from '#core/tables.js';
import { rollWebhookSecret } from '#core/webhooks/index.js';
import { NodeLease } from '#jobs/node-lease.js';
import { openCapturedMail } from '#email/captured.js';
import type { Mailer } from '#email/mailer.js';
import { OutboundHttp } from '#outbound/outbound-http.js';
import { assemblePlatform, type Platform, type PlatformParts } from '#platform.js';
import { decodeAudio, decodeAs, MAX_AUDIO_BYTES } from '#speech/decode-audio.js';
import { encodeAudio } from '#speech/encode-audio.js';
import { openSpeech } from '#speech/speech.js';
import type { SpeechToText } from '#speech/stt.js';
import type { TextToSpeech } from '#speech/tts.js';
import { clientOptions } from '#storage/connection.js';
import { openDatabase } from '#storage/database.js';
import { RecordingFiles } from '#storage/recording-files.js';
import { csvRows } from '#storage/csv-rows.js';
import { SpeechFiles } from '#storage/speech-files.js';
import { UploadedFiles } from '#storage/uploaded-files.js';
import type { Engine } from '#voice/engine.js';
import { SimulatedEngine } from '#voice/simulated/simulated-engine.js';
import { startSipEngine } from '#voice/sip/start-sip-engine.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { HeldClock } from './held-clock.js';
import { openToneSpeech } from './tone-speech.js';

export interface WorldOptions {
  /**
   * The network behind live keys. Default: a second simulated one. `sip`: real sockets on loopback, whose transactions
   * give up after some three seconds, and so by default the real clock.
   */
  live?: 'sip' | ((clock: Clock) => Promise<Engine> | Engine);
  /** Default: a held one. With a real one, `runUntil` waits in real time. */
  clock?: Clock;
  /** Those who carry texts. Closed with the world. */
  carriers?: (clock: Clock) => Carriers;
  /** Closed with the world. Default: a tone for every word. */
  tts?: TextToSpeech;
  /** Closed by whoever opened it. Default: none. */
  hearing?: SpeechToText;
  /** Default: letters are files of `mailFolder`. Null: there is no mail server. */
  mail?: Mailer | null;
  /** What is left of the disk; a terabyte by default. */
  freeBytes?: () => number;
  killPoint?: (point: KillPoint) => void;
  /** How the work for sites is measured. Default: it costs nothing, for a held clock puts all of it into one moment. */
  workMeter?: PlatformParts['workMeter'];
  operatorDoors?: PlatformParts['operatorDoors'];
  /** A port of 127.0.0.1 on which it listens, and of which its links are. Default: none, requests are given to it. */
  port?: number;
}

/** The answer to a request, as a client sees it. */
export interface Reply {
  status: number;
  headers: Record<string, string | string[] | number | undefined>;
  body: Record<string, unknown>;
  raw: Buffer;
}

export interface World {
  platform: Platform;
  core: Core;
  clock: Clock;
  account: Account;
  /** Keys with every scope, by mode. */
  keys: Record<Mode, string>;
  webhookSecret: string;
  /** A request with the test key, unless told otherwise. */
  request(method: string, path: string, options?: RequestOptions): Promise<Reply>;
  /** A request that waits for what happens on the phone: moves the held clock until the reply is there. */
  requestInTime(method: string, path: string, options?: RequestOptions): Promise<Reply>;
  /** Where letters lie that were sent. */
  mailFolder: string;
  /** Lets everything that is due now happen. */
  settle(): Promise<void>;
  /** Moves the held clock from timer to timer until the condition holds; throws after `withinMs` of its time. */
  runUntil(what: string, done: () => boolean | Promise<boolean>, withinMs?: number): Promise<void>;
  /** Moves the held clock on, with everything that falls due on the way. */
  run(ms: number): Promise<void>;
  violations(): Promise<Violation[]>;
  /** Where its SIP engine listens, over UDP and TCP. Throws where there is none. */
  sip: { host: string; port: number };
  /** Closes it and starts another on the same database and files, with the same account and keys. */
  restart(): Promise<World>;
  close(): Promise<void>;
}

/** What outlives a restart. */
export interface Ground {
  folder: string;
  database: TestDatabase;
  openedAt: Date;
  inhabitants: Pick<World, 'account' | 'keys' | 'webhookSecret'> | undefined;
}

export interface RequestOptions {
  body?: unknown;
  /** Undefined: the test key; null: none. */
  key?: string | null;
  headers?: Record<string, string>;
  /** The address that it comes from; undefined: 127.0.0.1. */
  from?: string;
}

/** The number that every account may call from. */
export const SANDBOX_NUMBER = '+15005550100';

const HOST = '127.0.0.1';
/** T1 and T2 of RFC 3261 a tenth as long: what is lost on loopback is lost on purpose. */
const SHORT_WAITS = { t1: 50, t2: 400 };

/** Those who carry texts: for test keys the sandbox's, for live keys those that are given. */
export function sandboxCarriers(clock: Clock, adapters: Adapters = {}): CarrierSet {
  return new CarrierSet(adapters, new Map([[LOOPBACK, (listener) => loopbackCarrier(clock, listener)]]));
}

/** The whole platform in this process: a database of its own, nothing bound to a port, and a clock that the test holds. */
export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const clock = options.clock ?? (options.live === 'sip' ? systemClock : new HeldClock());
  const folder = mkdtempSync(join(tmpdir(), 'sidetone-world-'));
  const database = await createTestDatabase();
  return openWorldOn({ folder, database, openedAt: new Date(clock.now()), inhabitants: undefined }, clock, options);
}

/** The same on what there is already: a database that another world, or another process, left behind. */
export async function openWorldOn(ground: Ground, clock: Clock, options: WorldOptions): Promise<World> {
  const { folder, database } = ground;
  const quiet = { debug() {}, info() {}, warn() {}, error: console.error };
  const storage = await openDatabase<Tables>({ connection: database.connection, log: quiet, clock });
  const lease = await NodeLease.acquire(clientOptions(database.connection), clock);
  const outbound = new OutboundHttp({ allowLoopback: true, allow: { hosts: [], networks: [] } });
  const live = await openLive(options.live, clock);
  const carriers = options.carriers?.(clock) ?? sandboxCarriers(clock);
  const engines = { live: live.engine, test: new SimulatedEngine(clock) };
  const speech = await openSpeech({
    adapters: [options.tts ?? openToneSpeech()],
    cacheFolder: join(folder, 'prompts'),
    cacheMaxBytes: 50_000_000,
    clock,
  });
  const mail =
    options.mail === null
      ? undefined
      : (options.mail ?? openCapturedMail({ folder: join(folder, 'mail'), from: 'Sidetone <phone@example.com>' }));
  const platform = await assemblePlatform({
    storage,
    clock,
    log: quiet,
    node: lease.id,
    engines,
    carriers,
    speech,
    hearing: options.hearing,
    mail,
    recordings: new RecordingFiles(join(folder, 'recordings')),
    speechFiles: new SpeechFiles(join(folder, 'speech')),
    uploads: new UploadedFiles(join(folder, 'uploads')),
    readCsv: csvRows,
    disk: { name: 'test:/data', freeBytes: () => Promise.resolve(options.freeBytes?.() ?? 1e12) },
    postWebhook: (message) => outbound.post(message),
    fetchFile: (asked) => outbound.fetchFile(asked),
    fetchAudio: async (url) => decodeAudio(await outbound.download(url, MAX_AUDIO_BYTES)),
    readAudio: async (audio, use) => {
      const bytes = 'url' in audio ? await outbound.download(audio.url, MAX_AUDIO_BYTES) : audio.bytes;
      return decodeAs(bytes, use);
    },
    encodeAudio,
    secretKey: 'a secret of this test',
    settings: { publicUrl: `http://${HOST}:${options.port ?? 8080}`, loopbackOnly: true },
    http: { host: HOST, port: options.port ?? 0, tls: undefined, trustedProxies: [] },
    version: '0.0.0',
    workMeter: options.workMeter ?? (() => () => 0),
    ...(options.killPoint === undefined ? {} : { killPoint: options.killPoint }),
    ...(options.operatorDoors === undefined ? {} : { operatorDoors: options.operatorDoors }),
  });
  const { core } = platform;
  const { account, keys, webhookSecret } = (ground.inhabitants ??= await moveIn(core));
  await platform.start();
  if (options.port !== undefined) await platform.server.listen();

  const settle = async (): Promise<void> => {
    do {
      await core.background.idle();
      await new Promise((resolve) => setImmediate(resolve));
    } while (core.background.size > 0);
  };
  const step = async (untilMs: number): Promise<void> => {
    if (clock instanceof HeldClock) {
      const next = Math.min(clock.nextAt ?? untilMs, untilMs);
      clock.advance(Math.max(0, next - clock.now()));
    } else {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  const stop = async (): Promise<void> => {
    // Whatever is still going on is hung up, which takes time: the clock's, and that of the database.
    let closed = false;
    const closing = platform.close(0).finally(() => (closed = true));
    while (clock instanceof HeldClock && !closed) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      clock.advance(100);
    }
    await closing;
    await Promise.all([engines.live.close(), engines.test.close()]);
    await carriers.close();
    await mail?.close();
    await speech.close();
    await outbound.close();
    await lease.close();
    await storage.close();
  };

  const world: World = {
    platform,
    core,
    clock,
    account,
    keys,
    webhookSecret,
    mailFolder: join(folder, 'mail'),
    settle,
    async requestInTime(...asked) {
      let over = false;
      const coming = world.request(...asked).finally(() => (over = true));
      // The clock stands still until the request has come to the point where it waits for it.
      while (!over && core.firstAnswers.watched === 0) await new Promise((resolve) => setImmediate(resolve));
      await world.runUntil('the reply', () => over);
      return coming;
    },
    async request(method, path, { body, key = keys.test, headers = {}, from } = {}) {
      const reply = await platform.server.app.inject({
        method: method as 'GET',
        url: path,
        ...(from === undefined ? {} : { remoteAddress: from }),
        headers: {
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const json = String(reply.headers['content-type'] ?? '').includes('json');
      return {
        status: reply.statusCode,
        headers: reply.headers,
        body: json ? reply.json<Record<string, unknown>>() : {},
        raw: reply.rawPayload,
      };
    },
    async runUntil(what, done, withinMs = 600_000) {
      const until = clock.now() + withinMs;
      for (;;) {
        if (clock instanceof HeldClock) await settle();
        if (await done()) return;
        if (clock.now() >= until) throw new Error(`not within ${withinMs} ms: ${what}`);
        await step(until);
      }
    },
    async run(ms) {
      const until = clock.now() + ms;
      for (;;) {
        if (clock instanceof HeldClock) await settle();
        if (clock.now() >= until) return;
        await step(until);
      }
    },
    violations: () => checkCalls(core, ground.openedAt),
    get sip() {
      if (live.port === undefined) throw new Error('this world has no SIP engine');
      return { host: HOST, port: live.port };
    },
    async restart() {
      await stop();
      return openWorldOn(ground, clock, options);
    },
    async close() {
      await stop();
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return world;
}

async function openLive(live: WorldOptions['live'], clock: Clock): Promise<{ engine: Engine; port?: number }> {
  if (live !== 'sip') return { engine: await (live?.(clock) ?? new SimulatedEngine(clock)) };
  const { engine, udpPort } = await startSipEngine({ host: HOST, port: 0, mediaWorkers: 1, waits: SHORT_WAITS });
  return { engine, port: udpPort };
}

async function moveIn(core: Core): Promise<Pick<World, 'account' | 'keys' | 'webhookSecret'>> {
  const account = await createAccount(core, { name: 'Test account', actor: 'test' });
  const keys = {} as Record<Mode, string>;
  for (const mode of ['live', 'test'] as const) {
    keys[mode] = (await createKey(core, { accountId: account.id, mode, actor: 'test' })).secret;
    await addNumber(core, { accountId: account.id, mode, number: SANDBOX_NUMBER, actor: 'test' });
  }
  return { account, keys, webhookSecret: await rollWebhookSecret(core, account.id) };
}
