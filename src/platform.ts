import { performance } from 'node:perf_hooks';
import { Gauge, Registry } from 'prom-client';
import { sql } from 'kysely';
import { apiAccessDoor } from '#apis/api-access/index.js';
import { carrierCallbacksDoor } from '#apis/carrier-callbacks/index.js';
import { filesDoor } from '#apis/files/index.js';
import { buildServer, purgeKeptReplies, type Door, type HttpServer } from '#apis/http/index.js';
import { DIALECT as OUTREACH, OUTREACH_DIALECT, outreachDoor } from '#apis/outreach/index.js';
import { DIALECT as PHONE_SYSTEM, PHONE_SYSTEM_DIALECT, phoneSystemDoor } from '#apis/phone-system/index.js';
import {
  ENDPOINT_DIALECT,
  ENDPOINT_WEBHOOKS,
  INTEGRATION_DIALECT,
  INTEGRATION_WEBHOOKS,
  pricingDoor,
  verifyDoor,
} from '#apis/verify/index.js';
import { APP_DIALECT, APP_WEBHOOKS, CLASSIC_DIALECT, CLASSIC_WEBHOOKS, referralsDoor } from '#apis/referrals/index.js';
import { referralPageDoors } from '#apis/referral-pages/index.js';
import type { Carriers } from '#carriers/carrier.js';
import type { Clock, Timer } from '#clock.js';
import type { HttpConfig } from '#config.js';
import { KEYS_CHANNEL, KeyRing } from '#core/accounts/index.js';
import { checkLedger, releaseAbandoned } from '#core/billing/index.js';
import { BanList } from '#core/bans/index.js';
import { contactRows } from '#core/contacts/index.js';
import { purgeBrowserClaims } from '#core/browser-claims/index.js';
import { CampaignFeeder, recipientRows } from '#core/campaigns/index.js';
import { countCallDays } from '#core/call-records/index.js';
import { CallConductor, CallIntake, checkCalls, FirstAnswers, reconcileDeadNodes } from '#core/calls/index.js';
import { CARRIERS_CHANNEL, configureCarriers, recordCarrierState } from '#core/carriers/index.js';
import type {
  Core,
  CoreSettings,
  FileTransport,
  KillPoint,
  RecordingStore,
  SpeechFileStore,
  UploadStore,
  WebhookTransport,
} from '#core/core.js';
import { DISK_LOOK_MS, DiskWatch, type Disk } from '#core/disk/index.js';
import { optOutRows } from '#core/do-not-call/index.js';
import { ImportRunner, reconcileImports } from '#core/imports/index.js';
import { warnOfHelp } from '#core/emergency/index.js';
import { OriginBatchRunner } from '#core/referral-programme/index.js';
import { LiveCalls, PhoneCalls } from '#core/phone-calls/index.js';
import { recordRegistration } from '#core/phones/index.js';
import { EmailCourier } from '#core/emails/index.js';
import { CONFIGURATION_CHANNEL, configureEngine } from '#core/engine-configuration.js';
import type { Log } from '#core/log.js';
import { MAILBOXES_CHANNEL } from '#core/mailbox-changes.js';
import {
  AttachmentFetcher,
  checkMessages,
  LATE_PARTS_EVERY_MS,
  MessageConductor,
  receiveLateParts,
  receiveMessage,
  reconcileMessages,
} from '#core/messages/index.js';
import { openSecretBox } from '#core/secret-box.js';
import { sharedTime, SiteLoad, type WorkMeter } from '#core/site-load/index.js';
import { KnownSites, SITES_CHANNEL } from '#core/sites/index.js';
import type { Mode, Tables } from '#core/tables.js';
import { purgeOld, sweepSoundFiles } from '#core/retention/index.js';
import { payAwaited, payUnheard, ReferralDecider, tellOfHeld } from '#core/referrals/index.js';
import { askForWaiting, giveAllWaiting, handInWanted, WAITING_EVERY_MS } from '#core/rewards/index.js';
import { noticeEndpointOff, noticeEndpointOn } from '#core/trouble/index.js';
import { REMINDERS_EVERY_MS, sendReminders } from '#core/shares/index.js';
import { recordTrunkState } from '#core/trunks/index.js';
import { forgetRemovedMailboxes, MessageWaiting, VoicemailTranscriber } from '#core/voicemail/index.js';
import { EXPIRE_EVERY_MS, expireVerifications, noticeSpendCap } from '#core/verifications/index.js';
import { WebhookCourier } from '#core/webhooks/index.js';
import { Background } from '#jobs/background.js';
import type { Mailer } from '#email/mailer.js';
import type { SpeechToText } from '#speech/stt.js';
import type { Speech } from '#speech/tts.js';
import type { Storage } from '#storage/database.js';
import { schemaState } from '#storage/migrate.js';
import type { Engine } from '#voice/engine.js';

/** What the business stands on; `app.ts` opens the real ones, `test/world.ts` those of a test. */
export interface PlatformParts {
  storage: Storage<Tables>;
  clock: Clock;
  log: Log;
  /** The id of this process in leases. */
  node: number;
  engines: Record<Mode, Engine>;
  carriers: Carriers;
  speech: Speech;
  hearing: SpeechToText | undefined;
  mail: Mailer | undefined;
  recordings: RecordingStore;
  postWebhook: WebhookTransport;
  fetchAudio: (url: string) => Promise<Int16Array>;
  fetchFile: FileTransport;
  readAudio: Core['readAudio'];
  encodeAudio: Core['encodeAudio'];
  speechFiles: SpeechFileStore;
  uploads: UploadStore;
  readCsv: Core['readCsv'];
  disk: Disk;
  secretKey: string;
  settings: CoreSettings;
  http: HttpConfig;
  /** Doors beside the four dialects: the operator's. */
  operatorDoors?: (platform: Pick<Platform, 'keyRing' | 'courier' | 'conductor' | 'bans'>) => Door[];
  /** What `/readyz` asks beside the database. */
  ready?: Record<string, () => Promise<boolean>>;
  version: string;
  killPoint?: (point: KillPoint) => void;
  /** How the work for sites is measured. Default: by the machine's clock, which goes on while the database is waited for. */
  workMeter?: WorkMeter;
}

export interface Platform {
  core: Core;
  keyRing: KeyRing;
  conductor: CallConductor;
  messages: MessageConductor;
  bans: BanList;
  courier: WebhookCourier;
  server: HttpServer;
  /** Tells the engine its trunks and phones, and looks for work from now on. */
  start(): Promise<void>;
  /** Takes no new work, gives calls `drainMs` to end by themselves, and waits for what is in flight. */
  close(drainMs: number): Promise<void>;
}

const RECONCILE_MS = 5000;
const PURGE_MS = 3_600_000;
const CHECKED_MS = 3_600_000;
const SITE_HOURS_MS = 60_000;
/** A gauge of what waits must not read millions of rows. */
const MOST_COUNTED = 100_000;
const HANG_UP_CHANNEL = 'hang_up';

/** Puts the business and its doors together. */
export async function assemblePlatform(parts: PlatformParts): Promise<Platform> {
  const { storage, clock, log } = parts;
  const background = new Background((error, name) => {
    log.error({ error: error instanceof Error ? error.stack : String(error) }, `${name} failed`);
  });
  const disk = new DiskWatch(parts.disk);
  const core: Core = {
    db: storage.kysely,
    clock,
    log,
    background,
    engines: parts.engines,
    carriers: parts.carriers,
    speech: parts.speech,
    hearing: parts.hearing,
    mail: parts.mail,
    secrets: openSecretBox(parts.secretKey),
    keyRing: { forget: () => keyRing.forget() },
    node: parts.node,
    dialects: {
      [OUTREACH]: OUTREACH_DIALECT,
      [ENDPOINT_DIALECT]: ENDPOINT_WEBHOOKS,
      [INTEGRATION_DIALECT]: INTEGRATION_WEBHOOKS,
      [PHONE_SYSTEM]: PHONE_SYSTEM_DIALECT,
      [CLASSIC_DIALECT]: CLASSIC_WEBHOOKS,
      [APP_DIALECT]: APP_WEBHOOKS,
    },
    postWebhook: parts.postWebhook,
    fetchAudio: parts.fetchAudio,
    fetchFile: parts.fetchFile,
    readAudio: parts.readAudio,
    encodeAudio: parts.encodeAudio,
    recordings: parts.recordings,
    speechFiles: parts.speechFiles,
    uploads: parts.uploads,
    disk,
    knownSites: new KnownSites({ db: storage.kysely, clock }),
    siteLoad: new SiteLoad(
      { db: storage.kysely, clock, background, log },
      parts.workMeter ?? sharedTime(() => performance.now()),
    ),
    readCsv: parts.readCsv,
    wake: {
      calls: () => conductor.wake(),
      deliveries: () => courier.wake(),
      messages: () => messages.wake(),
      imports: () => imports.wake(),
      batches: () => batches.wake(),
      campaigns: () => feeder.wake(),
      emails: () => emails.wake(),
      transcripts: () => transcriber.wake(),
      attachments: () => fetcher.wake(),
      referrals: () => decider.wake(),
    },
    hangUp: (callId) => {
      conductor.hangUp(callId);
      background.run('tell other processes', async () => {
        await sql`select pg_notify(${HANG_UP_CHANNEL}, ${callId})`.execute(storage.kysely);
      });
    },
    noticeSpendCap: (accountId) => background.run('tell of a cap on spend', () => noticeSpendCap(core, accountId)),
    firstAnswers: new FirstAnswers(clock),
    intake: { accept: (...call) => intake.accept(...call) },
    killPoint: parts.killPoint ?? (() => undefined),
    settings: parts.settings,
  };
  const intake = new CallIntake(
    core,
    async <Row>(statement: { name: string; text: string }, values: unknown[]): Promise<Row[]> =>
      (await storage.pool.query({ ...statement, values })).rows as Row[],
  );
  const conductor = new CallConductor(core, new PhoneCalls(new LiveCalls()));
  const messages = new MessageConductor(core);
  const feeder = new CampaignFeeder(core);
  const courier = new WebhookCourier(core, {
    ...{ off: noticeEndpointOff, on: noticeEndpointOn },
    // A code that the shop has taken; rewards that waited until it had heard of their referral.
    arrived: (tx, event) =>
      event.type === 'coupons.wanted' ? handInWanted(tx, core, event) : payAwaited(tx, core, event.id),
  });
  const imports = new ImportRunner(core, {
    contacts: contactRows,
    opt_outs: optOutRows(core.secrets),
    recipients: recipientRows(core),
  });
  const batches = new OriginBatchRunner(core);
  const emails = new EmailCourier(core);
  const fetcher = new AttachmentFetcher(core);
  const transcriber = new VoicemailTranscriber(core);
  const waiting = new MessageWaiting(core);
  const decider = new ReferralDecider(core);
  const keyRing = new KeyRing(core);
  const bans = new BanList(core);

  const server = await buildServer({
    core,
    keyRing,
    config: parts.http,
    doors: [
      outreachDoor,
      verifyDoor,
      pricingDoor,
      phoneSystemDoor,
      referralsDoor,
      carrierCallbacksDoor,
      filesDoor,
      apiAccessDoor(),
      ...referralPageDoors(),
      ...(parts.operatorDoors?.({ keyRing, courier, conductor, bans }) ?? []),
    ],
    ready: {
      database: async () => (await sql`select 1`.execute(storage.kysely)).rows.length === 1,
      migrations: async () => {
        const { pending, unknown } = await schemaState(storage.kysely);
        return pending.length === 0 && unknown.length === 0;
      },
      ...parts.ready,
    },
    metrics: businessMetrics(core, conductor, messages),
    version: parts.version,
  });

  const timers: { cancel(): void }[] = [];
  return {
    core,
    keyRing,
    bans,
    conductor,
    messages,
    courier,
    server,
    async start() {
      const forget = (): void => keyRing.forget();
      await storage.listen(KEYS_CHANNEL, { onNotify: forget, onLost: forget });
      const forgetSites = (): void => core.knownSites.forget();
      await storage.listen(SITES_CHANNEL, { onNotify: forgetSites, onLost: forgetSites });
      await storage.listen(HANG_UP_CHANNEL, {
        onNotify: (callId) => conductor.hangUp(callId),
        onLost: () => undefined,
      });
      const configure = (): void => background.run('configure the engine', () => configureEngine(core));
      await storage.listen(CONFIGURATION_CHANNEL, {
        onNotify: (node) => (node === String(core.node) ? undefined : configure()),
        onLost: configure,
      });
      const connect = (): void => background.run('connect to the carriers', () => configureCarriers(core));
      await storage.listen(CARRIERS_CHANNEL, {
        onNotify: (node) => (node === String(core.node) ? undefined : connect()),
        onLost: connect,
      });
      await storage.listen(MAILBOXES_CHANNEL, {
        onNotify: (mailbox) => waiting.changed(mailbox),
        onLost: () => waiting.tellAll(),
      });
      keepEngineStates(core);
      await disk.look(core);
      await configureEngine(core);
      await warnOfHelp(core);
      listenToCarriers(core, messages);
      await configureCarriers(core);
      await reconcileDeadNodes(core);
      await reconcileMessages(core);
      await reconcileImports(core);
      timers.push(
        repeat(core, 'reconcile dead nodes', RECONCILE_MS, async () => {
          await reconcileDeadNodes(core);
          await reconcileMessages(core);
        }),
        repeat(core, 'reconcile imports', RECONCILE_MS, () => reconcileImports(core)),
        repeat(core, 'take in late parts', LATE_PARTS_EVERY_MS, async () => void (await receiveLateParts(core))),
        repeat(core, 'remind friends', REMINDERS_EVERY_MS, () => sendReminders(core)),
        repeat(core, 'expire codes', EXPIRE_EVERY_MS, async () => void (await expireVerifications(core))),
        repeat(core, 'purge what is old', PURGE_MS, async () => {
          await purgeKeptReplies(core);
          await purgeOld(core);
          await purgeBrowserClaims(core);
          await releaseAbandoned(core);
          await forgetRemovedMailboxes(core);
        }),
        repeat(core, 'give rewards that wait', WAITING_EVERY_MS, async () => {
          await payUnheard(core);
          await tellOfHeld(core);
          await giveAllWaiting(core);
          await askForWaiting(core);
        }),
        repeat(core, 'look at the disk', DISK_LOOK_MS, () => disk.look(core)),
        repeat(core, 'write what sites used', SITE_HOURS_MS, () => core.siteLoad.flush()),
        repeat(core, 'count the days of calls', PURGE_MS, () => countCallDays(core)),
      );
      background.run('count the days of calls', () => countCallDays(core));
      background.run('sweep sound files', async () => void (await sweepSoundFiles(core)));
      background.run('forget removed mailboxes', async () => void (await forgetRemovedMailboxes(core)));
      conductor.start();
      messages.start();
      courier.start();
      imports.wake();
      batches.wake();
      feeder.start();
      emails.wake();
      transcriber.wake();
      fetcher.wake();
      waiting.start();
      decider.wake();
    },
    async close(drainMs) {
      for (const timer of timers) timer.cancel();
      const serverClosed = server.close();
      await Promise.all([conductor.drain(drainMs), messages.drain(drainMs)]);
      feeder.stop();
      await conductor.drain(drainMs);
      courier.stop();
      emails.stop();
      transcriber.stop();
      fetcher.stop();
      decider.stop();
      waiting.stop();
      imports.stop();
      batches.stop();
      await serverClosed;
      await background.idle();
      await core.siteLoad.flush();
      await keyRing.close();
    },
  };
}

/** Writes one change after the other, so that the last one stays. */
function inTurn(core: Core): (what: string, work: () => Promise<void>) => void {
  let last: Promise<void> = Promise.resolve();
  return (what, work) => {
    last = last
      .then(work)
      .catch((error: unknown) => core.log.error({ error: String(error) }, `a ${what} could not be written`));
    core.background.run(`write ${what}`, () => last);
  };
}

/** What comes back from those who carry texts. */
function listenToCarriers(core: Core, messages: MessageConductor): void {
  const write = inTurn(core);
  core.carriers.listen({
    onReceipt: (carrierId, receipt) => messages.onReceipt(carrierId, receipt),
    onMessage: (carrierId, incoming) => receiveMessage(core, carrierId, incoming),
    onState: (carrierId, state) => write('carrier’s state', () => recordCarrierState(core, carrierId, state)),
  });
}

/** Writes down where phones are and how trunks do, where all servers see it. */
function keepEngineStates(core: Core): void {
  const write = inTurn(core);
  core.engines.live.on((event) => {
    if (event.kind === 'registration') {
      write('registration', () => recordRegistration(core, { phoneId: event.phone, contacts: event.contacts }));
    } else if (event.kind === 'trunk.state') {
      const { trunk: trunkId, up, registered, sipCode, detail } = event;
      write('trunk’s state', () => recordTrunkState(core, { trunkId, up, registered, sipCode, detail }));
    }
  });
}

/** Runs `work` every `ms`, never twice at once. */
function repeat(core: Core, name: string, ms: number, work: () => Promise<void>): { cancel(): void } {
  let timer: Timer;
  let stopped = false;
  const arm = (): void => {
    timer = core.clock.after(ms, () => {
      core.background.run(name, async () => {
        try {
          await work();
        } finally {
          if (!stopped) arm();
        }
      });
    });
  };
  arm();
  return {
    cancel: () => {
      stopped = true;
      timer.cancel();
    },
  };
}

function businessMetrics(core: Core, conductor: CallConductor, messages: MessageConductor): Registry {
  const registry = new Registry();
  new Gauge({
    name: 'sidetone_calls_active',
    help: 'Calls that this process conducts now.',
    registers: [registry],
    collect() {
      this.set(conductor.active);
    },
  });
  new Gauge({
    name: 'sidetone_calls_queued',
    help: 'Calls waiting to be dialled, in all processes.',
    registers: [registry],
    async collect() {
      this.set(await count(core, sql`select count(*) as n from calls where status = 'queued' and node_id is null`));
    },
  });
  new Gauge({
    name: 'sidetone_webhook_deliveries_pending',
    help: 'Webhook deliveries not delivered yet.',
    registers: [registry],
    async collect() {
      this.set(await count(core, sql`select count(*) as n from deliveries where status = 'pending'`));
    },
  });
  new Gauge({
    name: 'sidetone_call_invariant_violations',
    help: 'Calls of the last hour whose rows contradict one another; anything but 0 is a defect.',
    registers: [registry],
    async collect() {
      this.set((await checkCalls(core, new Date(core.clock.now() - CHECKED_MS))).length);
    },
  });
  new Gauge({
    name: 'sidetone_messages_sending',
    help: 'Texts that this process hands over now.',
    registers: [registry],
    collect() {
      this.set(messages.active);
    },
  });
  new Gauge({
    name: 'sidetone_messages_queued',
    help: 'Texts waiting to be sent, in all processes; counted no further than 100,000.',
    registers: [registry],
    async collect() {
      const query = sql`
        select count(*) as n from (select 1 from messages where status = 'queued' limit ${MOST_COUNTED}) as waiting`;
      this.set(await count(core, query));
    },
  });
  new Gauge({
    name: 'sidetone_messages_unknown',
    help: 'Texts of which nobody knows whether their carrier took them; counted no further than 100,000.',
    registers: [registry],
    async collect() {
      const query = sql`
        select count(*) as n from (select 1 from messages where status = 'unknown' limit ${MOST_COUNTED}) as unsure`;
      this.set(await count(core, query));
    },
  });
  new Gauge({
    name: 'sidetone_message_invariant_violations',
    help: 'Texts of the last hour whose rows contradict one another; anything but 0 is a defect.',
    registers: [registry],
    async collect() {
      this.set((await checkMessages(core, new Date(core.clock.now() - CHECKED_MS))).length);
    },
  });
  new Gauge({
    name: 'sidetone_ledger_invariant_violations',
    help: 'Entries of the last hour that contradict a wallet, a call or one another; anything but 0 is a defect.',
    registers: [registry],
    async collect() {
      this.set((await checkLedger(core, new Date(core.clock.now() - CHECKED_MS))).length);
    },
  });
  return registry;
}

async function count(core: Core, query: ReturnType<typeof sql>): Promise<number> {
  const { rows } = await query.execute(core.db);
  return Number((rows[0] as { n: number } | undefined)?.n ?? 0);
}
