import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino, type Logger } from 'pino';
import { adminDoor } from '#apis/admin/index.js';
import { LOOPBACK } from '#carriers/carrier.js';
import { CarrierSet } from '#carriers/carrier-set.js';
import { careful } from '#carriers/careful-carrier.js';
import { loopbackCarrier } from '#carriers/loopback.js';
import { serviceAdapters } from '#carriers/service-adapters.js';
import { smppCarrier } from '#carriers/smpp-carrier.js';
import { systemClock } from '#clock.js';
import { ConfigError, publicUrl, type Config } from '#config.js';
import { callbackUrl } from '#core/carriers/index.js';
import type { KillPoint } from '#core/core.js';
import type { Disk } from '#core/disk/index.js';
import { readGsm7 } from '#core/segments/index.js';
import type { Tables } from '#core/tables.js';
import { announce, prepareFirstStart, type FirstStart } from '#first-start.js';
import { NodeLease } from '#jobs/node-lease.js';
import { openMail } from '#email/open-mail.js';
import { OutboundHttp } from '#outbound/outbound-http.js';
import { assemblePlatform, type Platform } from '#platform.js';
import { removeRunningFile, writeRunningFile } from '#running-file.js';
import { openHearing } from '#speech/open-hearing.js';
import { openVoices } from '#speech/open-voices.js';
import { decodeAudio, decodeAs, MAX_AUDIO_BYTES } from '#speech/decode-audio.js';
import { encodeAudio } from '#speech/encode-audio.js';
import { openSpeech } from '#speech/speech.js';
import { backup } from '#storage/backup/backup.js';
import { clientOptions, type Connection } from '#storage/connection.js';
import { openDatabase } from '#storage/database.js';
import { startEmbedded } from '#storage/embedded.js';
import { migrate, schemaState } from '#storage/migrate.js';
import { RecordingFiles } from '#storage/recording-files.js';
import { csvRows } from '#storage/csv-rows.js';
import { SpeechFiles } from '#storage/speech-files.js';
import { UploadedFiles } from '#storage/uploaded-files.js';
import { SimulatedEngine } from '#voice/simulated/simulated-engine.js';
import { startSipEngine } from '#voice/sip/start-sip-engine.js';

const PROMPT_CACHE_BYTES = 256 * 1024 * 1024;
const READY_MS = 2000;
/** How long a stop may take when PostgreSQL is gone for good. */
const WITHOUT_DATABASE_MS = 10_000;

export interface RunningApp {
  platform: Platform;
  /** Addresses as bound, and the keys of a first start. */
  urls: { http: string; sip: string; sipTls?: string };
  firstStart: FirstStart | undefined;
  /** Drains calls, then stops everything, PostgreSQL last. Idempotent. */
  close(): Promise<void>;
}

export interface AppHooks {
  killPoint?: (point: KillPoint) => void;
  /** PostgreSQL has crashed too often and stays away. */
  onGone?: (why: string) => void;
}

/**
 * Starts everything. Rejects with an error of one line (`ConfigError`, `StorageError`, or of the engine) when it cannot;
 * what was opened until then is closed again.
 */
export async function startApp(config: Config, hooks: AppHooks = {}): Promise<RunningApp> {
  const log = pino({ level: config.logLevel, base: null });
  const opened: (() => Promise<unknown> | void)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    return await open(config, hooks, log, opened, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function open(
  config: Config,
  hooks: AppHooks,
  log: Logger,
  opened: (() => Promise<unknown> | void)[],
  closeAll: () => Promise<void>,
): Promise<RunningApp> {
  const clock = systemClock;
  makeDataFolder(config.dataFolder);
  const lines = lineLog(log);

  const connection = await openServer(config, hooks, lines, opened);
  const storage = await openDatabase<Tables>({ connection, log: lines });
  opened.push(() => storage.close());
  const { applied } = await migrate(storage.kysely);
  if (applied.length > 0) log.info({ applied }, 'the database was migrated');
  const secretKey = config.secretKey ?? readSecretKey(config.dataFolder);

  const lease = await NodeLease.acquire(clientOptions(connection), clock);
  opened.push(() => lease.close());

  const speech = await openSpeech({
    adapters: await openVoices(config.speech, { clock, info: (line) => log.info(line) }),
    cacheFolder: join(config.dataFolder, 'prompts'),
    cacheMaxBytes: PROMPT_CACHE_BYTES,
    clock,
    onAdapterTrouble: (adapter, error) =>
      log.warn({ adapter, error: error instanceof Error ? error.message : String(error) }, 'a voice failed'),
    onCacheTrouble: (error) => log.warn({ error: String(error) }, 'the prompt cache does not work'),
  });
  opened.push(() => speech.close());
  const hearing = openHearing(config.speech.hearing, { clock });
  opened.push(() => hearing?.close());

  const sip = await startSip(config);
  opened.push(() => sip.engine.close());
  const simulated = new SimulatedEngine(clock);
  opened.push(() => simulated.close());
  const settings = { publicUrl: publicUrl(config, config.http.port), loopbackOnly: config.loopbackOnly };
  const carriers = new CarrierSet(
    careful(
      {
        smpp: (config, listener) => smppCarrier(config, listener, { clock, readGsm7 }),
        ...serviceAdapters({ clock, callbackUrl: (id) => callbackUrl(settings, id) }),
      },
      clock,
    ),
    new Map([[LOOPBACK, (listener) => loopbackCarrier(clock, listener)]]),
  );
  opened.push(() => carriers.close());
  const outbound = new OutboundHttp({ allowLoopback: config.loopbackOnly, allow: config.webhookAllow });
  opened.push(() => outbound.close());

  const mail = openMail(config.mail);
  if (mail !== undefined) opened.push(async () => mail.close());

  const token = randomBytes(32).toString('base64url');
  const sipHost = wildcard(config.sip.host) ? '127.0.0.1' : config.sip.host;
  const platform = await assemblePlatform({
    storage,
    clock,
    log,
    node: lease.id,
    engines: { live: sip.engine, test: simulated },
    carriers,
    speech,
    hearing,
    mail,
    recordings: new RecordingFiles(join(config.dataFolder, 'recordings')),
    speechFiles: new SpeechFiles(join(config.dataFolder, 'speech')),
    uploads: new UploadedFiles(join(config.dataFolder, 'uploads')),
    disk: diskOf(config.dataFolder),
    readCsv: csvRows,
    postWebhook: (message) => outbound.post(message),
    fetchFile: (asked) => outbound.fetchFile(asked),
    fetchAudio: async (url) => decodeAudio(await outbound.download(url, MAX_AUDIO_BYTES)),
    readAudio: async (audio, use) => {
      const bytes = 'url' in audio ? await outbound.download(audio.url, MAX_AUDIO_BYTES) : audio.bytes;
      return decodeAs(bytes, use);
    },
    encodeAudio,
    secretKey,
    settings,
    http: config.http,
    operatorDoors: ({ keyRing, courier, bans }) => [
      adminDoor({
        token,
        keyRing,
        courier,
        bans,
        sipHost: config.sip.host,
        installation: {
          dataFolder: config.dataFolder,
          sipAddress: { host: sipHost, port: sip.udpPort },
          schema: () => schemaState(storage.kysely),
        },
        backUp: (file) => backup({ connection, dataFolder: config.dataFolder, out: file }),
      }),
    ],
    ready: { engine: engineAnswers(sip.engine) },
    version: version(),
    ...(hooks.killPoint === undefined ? {} : { killPoint: hooks.killPoint }),
  });
  const { port } = await platform.server.listen();
  opened.push(() => platform.close(config.drainSeconds * 1000));
  settings.publicUrl = publicUrl(config, port);

  const firstStart = await prepareFirstStart(platform.core);
  await platform.start();

  const localUrl = publicUrl(
    { ...config, publicUrl: undefined, http: { ...config.http, host: localHost(config) } },
    port,
  );
  writeRunningFile(config.dataFolder, { url: localUrl, token, pid: process.pid });
  opened.push(() => removeRunningFile(config.dataFolder, process.pid));
  let closing: Promise<void> | undefined;
  return {
    platform,
    urls: {
      http: localUrl,
      sip: `${config.sip.host}:${sip.udpPort}`,
      ...(sip.tlsPort === undefined ? {} : { sipTls: `${config.sip.host}:${sip.tlsPort}` }),
    },
    firstStart,
    close: () => (closing ??= closeAll()),
  };
}

/** `sidetone serve`: starts, says where things are, and runs until a signal; the clean end is the promise's. */
export async function serve(config: Config): Promise<void> {
  let gone: (why: string) => void = () => undefined;
  const lost = new Promise<string>((resolve) => (gone = resolve));
  const app = await startApp(config, { onGone: (why) => gone(why) });
  announce(app);
  const why = await Promise.race([signal(), lost]);
  if (why !== undefined) {
    process.exitCode = 1;
    // What can no longer be written is waited for in vain.
    setTimeout(() => process.exit(1), WITHOUT_DATABASE_MS).unref();
  }
  await app.close();
}

/** The first of SIGINT and SIGTERM. A second one more than a second later ends the process without waiting. */
function signal(): Promise<undefined> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    const onSignal = (): void => {
      if (firstAt === undefined) {
        firstAt = Date.now();
        console.log('sidetone: stopping; calls in progress may end (once more to hang up now)');
        resolve(undefined);
      } else if (Date.now() - firstAt > 1000) {
        process.exit(1);
      }
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}

async function openServer(
  config: Config,
  hooks: AppHooks,
  log: ReturnType<typeof lineLog>,
  opened: (() => Promise<unknown> | void)[],
): Promise<Connection> {
  if (config.databaseUrl !== undefined) return { url: config.databaseUrl };
  const embedded = await startEmbedded({
    dataFolder: config.dataFolder,
    log,
    onGone: (error) => {
      log.error(error.message);
      hooks.onGone?.(error.message);
    },
  });
  opened.push(() => embedded.close());
  return embedded.connection;
}

async function startSip(config: Config): ReturnType<typeof startSipEngine> {
  const { first, last } = config.rtpPorts;
  try {
    return await startSipEngine({
      host: config.sip.host,
      port: config.sip.port,
      ...(config.sip.tls === undefined
        ? {}
        : { tls: { port: config.sip.tls.port, cert: config.sip.tls.certFile, key: config.sip.tls.keyFile } }),
      ...(config.publicAddress === undefined ? {} : { publicAddress: config.publicAddress }),
      ...(first === 0 ? {} : { rtpPorts: { min: first, max: last } }),
    });
  } catch (error) {
    throw new ConfigError(`SIP: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Ready when a question about a trunk that is not there comes back: the worker lives and works. */
function engineAnswers(engine: Platform['core']['engines']['live']): () => Promise<boolean> {
  return () =>
    new Promise((resolve) => {
      const probe = `ready-${randomBytes(6).toString('hex')}`;
      const done = (ok: boolean): void => {
        off();
        timer.cancel();
        resolve(ok);
      };
      const timer = systemClock.after(READY_MS, () => done(false));
      const off = engine.on((event) => {
        if (event.kind === 'probe.done' && event.probe === probe) done(true);
      });
      engine.send({ kind: 'probe', probe, trunk: 'none' });
    });
}

function makeDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new ConfigError(`SIDETONE_DATA: the folder ${folder} cannot be made: ${(error as Error).message}`);
  }
}

function diskOf(dataFolder: string): Disk {
  return {
    name: `${hostname()}:${dataFolder}`,
    async freeBytes() {
      const { blocks, bavail, bsize } = await statfs(dataFolder);
      // What does not tell its size says nothing of what is left of it.
      return blocks === 0 ? Infinity : bavail * bsize;
    },
  };
}

/** Made at the first start; whoever has it can read trunk passwords and webhook secrets. */
function readSecretKey(dataFolder: string): string {
  const file = join(dataFolder, 'secret.key');
  try {
    writeFileSync(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(file, 'utf8').trim();
}

function version(): string {
  const file = join(dirname(dirname(fileURLToPath(import.meta.url))), 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function wildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function localHost({ http }: Config): string {
  if (!wildcard(http.host)) return http.host;
  return http.host === '::' ? '::1' : '127.0.0.1';
}

function lineLog(log: Logger) {
  return {
    info: (line: string) => log.info(line),
    warn: (line: string) => log.warn(line),
    error: (line: string) => log.error(line),
  };
}
