import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest';
import { configureCarriers } from '#core/carriers/index.js';
import type { KillPoint } from '#core/core.js';
import { checkMessages, reconcileMessages } from '#core/messages/index.js';
import type { Tables } from '#core/tables.js';
import { openDatabase, type Storage } from '#storage/database.js';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { eventually } from '../eventually.js';
import { HeldClock } from '../held-clock.js';
import { databaseUrl, KillableServer, postUntilAnswered } from '../killable-server.js';
import { acceptAll, addScripted, eventsOf, queueTexts, readText, ScriptedCarrier, setPace } from '../queued-texts.js';
import { wakesTelling } from '../wakes.js';
import { openWorldOn, sandboxCarriers, SANDBOX_NUMBER, type Ground, type World } from '../world.js';

const TO = '+12125550100';

describe('two processes on one database', () => {
  const carriers = [new ScriptedCarrier(), new ScriptedCarrier()] as const;
  let worlds: World[];
  let ground: Ground;

  beforeEach(async () => {
    const clock = new HeldClock();
    const folder = mkdtempSync(join(tmpdir(), 'sidetone-texts-'));
    ground = { folder, database: await createTestDatabase(), openedAt: new Date(clock.now()), inhabitants: undefined };
    worlds = [];
    for (const scripted of carriers) {
      scripted.answer = acceptAll;
      scripted.submitted.length = 0;
      const open = { carriers: () => sandboxCarriers(clock, { http: scripted.open }) };
      worlds.push(await openWorldOn(ground, clock, open));
      // The database is closed with the first.
      ground = { ...ground, database: { ...ground.database, close: async () => undefined } };
    }
    const [one] = worlds as [World];
    await addScripted(one.core, 'carrier', { segmentsPerSecond: 50 });
    for (const { core } of worlds) await configureCarriers(core);
    await setPace(one.core, SANDBOX_NUMBER, 1000);
  });
  afterEach(async () => {
    for (const world of worlds.toReversed()) await world.close();
    rmSync(ground.folder, { recursive: true, force: true });
  });

  test('each text is sent by one of them, and together they keep to the pace of the carrier', async () => {
    const [one, two] = worlds as [World, World];
    const ids = await queueTexts(
      one.core,
      one.account.id,
      Array.from({ length: 100 }, () => ({ to: TO, mode: 'live' as const })),
    );
    two.core.wake.messages();
    await one.runUntil('all are sent', async () => {
      await two.settle();
      const { rows } = await sql<{ n: number }>`
        select count(*)::integer as n from messages where status = 'sent'`.execute(one.core.db);
      return rows[0]?.n === ids.length;
    });
    const submitted = carriers.flatMap((carrier) => carrier.submitted.map(({ id }) => id));
    expect(submitted.toSorted()).toEqual(ids.toSorted());
    const rows = await one.core.db.selectFrom('messages').select('sending_at').execute();
    const seconds = rows.map(({ sending_at }) =>
      Math.floor((sending_at!.getTime() - ground.openedAt.getTime()) / 1000),
    );
    // 50 a second, and what the first look made up for.
    for (const second of new Set(seconds)) {
      expect(seconds.filter((each) => each === second).length).toBeLessThanOrEqual(63);
    }
    expect(await checkMessages(one.core, ground.openedAt)).toEqual([]);
  });

  test('what a process held that died is of unknown fate, unless the account rather has it twice', async () => {
    const [one] = worlds as [World];
    const [kept = '', again = ''] = await queueTexts(one.core, one.account.id, [
      { to: TO, mode: 'live', dueInMs: 1_000_000 },
      { to: TO, mode: 'live', dueInMs: 1_000_000 },
    ]);
    const dead = 4711;
    const hold = (id: string) =>
      one.core.db
        .updateTable('messages')
        .set({ status: 'sending', node_id: dead, attempts: 1, carrier_id: 'gone' })
        .where('id', '=', id)
        .execute();
    await hold(kept);
    await reconcileMessages(one.core);
    expect(await readText(one.core, kept)).toMatchObject({ status: 'unknown', reason: 'node_lost', node_id: null });
    expect(await eventsOf(one.core, kept)).toEqual(['message.failed unknown']);

    await one.core.db.updateTable('accounts').set({ outreach_policy: '{"on_unknown":"resend"}' }).execute();
    await hold(again);
    await reconcileMessages(one.core);
    await one.runUntil('it is sent', async () => (await readText(one.core, again)).status === 'sent');
    expect((await readText(one.core, again)).attempts).toBe(2);
  });
});

/** The sandbox's carrier in a real process; what it was to report dies with it. */
describe('kill -9 while texts are sent', () => {
  let database: TestDatabase;
  let storage: Storage<Tables>;
  let folder: string;
  const servers: KillableServer[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    folder = mkdtempSync(join(tmpdir(), 'sidetone-texts-'));
    const quiet = { debug() {}, info() {}, warn() {}, error: console.error };
    storage = await openDatabase<Tables>({ connection: database.connection, log: quiet, maxConnections: 2 });
  });
  afterAll(async () => {
    for (const server of servers) if (server.running) await server.kill();
    await storage.close();
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(): Promise<KillableServer> {
    const server = await KillableServer.start({
      DATABASE_URL: databaseUrl(database.connection),
      SIDETONE_DATA: folder,
      SIDETONE_SECRET_KEY: 'a secret of this test',
    });
    servers.push(server);
    return server;
  }

  // At the first two nothing tells whether anything has left.
  const points: [KillPoint, inDatabase: string][] = [
    ['message.claimed', 'sending'],
    ['message.submitted', 'sending'],
    ['message.written', 'sent'],
  ];
  const BECOMES: Record<string, string> = { queued: 'delivered', sending: 'unknown', sent: 'sent' };
  test.each(points)('at %s', async (point, inDatabase) => {
    const dying = servers.find(({ running }) => running) ?? (await start());
    await setPace({ db: storage.kysely }, SANDBOX_NUMBER, 1000);
    const { id: account } = await storage.kysely.selectFrom('accounts').select('id').executeTakeFirstOrThrow();
    await dying.dieAt(point);
    const parts = { db: storage.kysely, clock: { now: () => Date.now() }, wake: wakesTelling() } as never;
    const startedAt = new Date();
    const ids = await queueTexts(parts, account, [{ to: TO }, { to: TO }, { to: TO }]);
    expect((await dying.exited).signal).toBe('SIGKILL');
    const statuses = async () =>
      Promise.all(ids.map(async (id) => (await readText({ db: storage.kysely }, id)).status));
    const left = await statuses();
    expect(left).toContain(inDatabase);

    const next = await start();
    const later = await queueTexts(parts, account, [{ to: TO }]);
    await eventually(async () => {
      expect((await readText({ db: storage.kysely }, later[0]!)).status).toBe('delivered');
      expect(await statuses()).toEqual(left.map((status) => BECOMES[status]));
    });
    expect(next.running).toBe(true);
    for (const id of ids) {
      const { attempts, status } = await readText({ db: storage.kysely }, id);
      // At most one handing over, whatever died.
      expect([id, attempts]).toEqual([id, 1]);
      if (status === 'unknown') {
        expect(await eventsOf({ db: storage.kysely }, id)).toEqual(['message.failed unknown']);
      }
    }
    expect(await checkMessages({ db: storage.kysely }, startedAt)).toEqual([]);
  });

  test('at message.accepted: whoever asked for it asks again, and there is one text', async () => {
    const dying = servers.find(({ running }) => running) ?? (await start());
    const key = servers.map(({ ready }) => ready.keys?.test).find((each) => each !== undefined) ?? '';
    let serving: KillableServer | undefined = dying;
    await dying.dieAt('message.accepted');
    const asked = postUntilAnswered(() => serving?.ready.url, '/api/v1/sms', {
      ...{ key, idempotencyKey: 'accepted-once' },
      body: { from: SANDBOX_NUMBER, to: '+12125550177', message: 'Your parcel arrives tomorrow.' },
    });
    expect((await dying.exited).signal).toBe('SIGKILL');
    serving = undefined;
    serving = await start();
    expect(await asked).toMatchObject({ status: 201 });
    await eventually(async () => {
      const texts = await storage.kysely
        .selectFrom('messages')
        .select('status')
        .where('to_address', '=', '+12125550177')
        .execute();
      expect(texts).toEqual([{ status: 'delivered' }]);
    });
  });

  test('two processes that live send from one queue: each text once, and no faster than one alone', async () => {
    const [one, two] = [servers.find(({ running }) => running) ?? (await start()), await start()];
    await setPace({ db: storage.kysely }, SANDBOX_NUMBER, 20);
    const { id: account } = await storage.kysely.selectFrom('accounts').select('id').executeTakeFirstOrThrow();
    const parts = { db: storage.kysely, clock: { now: () => Date.now() }, wake: wakesTelling() } as never;
    const startedAt = new Date();
    const ids = await queueTexts(
      parts,
      account,
      Array.from({ length: 60 }, (_, index) => ({ to: `+121255502${String(index).padStart(2, '0')}` })),
    );
    const rows = () => storage.kysely.selectFrom('messages').selectAll().where('id', 'in', ids).execute();
    await eventually(async () =>
      expect((await rows()).map(({ status }) => status)).toEqual(ids.map(() => 'delivered')),
    );
    const times = (await rows()).map(({ sending_at }) => sending_at!.getTime()).sort((a, b) => a - b);
    // Evenly spaced, but for a quarter of a second that a late look may make up for.
    for (const [index, at] of times.entries()) {
      const behind = times[index + 30];
      if (behind !== undefined) expect(behind - at).toBeGreaterThanOrEqual(30 * 50 - 300);
    }
    for (const id of ids) {
      expect(await eventsOf({ db: storage.kysely }, id)).toEqual(['message.sent', 'message.delivered']);
    }
    expect((await rows()).map(({ attempts }) => attempts)).toEqual(ids.map(() => 1));
    expect(await checkMessages({ db: storage.kysely }, startedAt)).toEqual([]);
    expect([one.running, two.running]).toEqual([true, true]);
  });
});
