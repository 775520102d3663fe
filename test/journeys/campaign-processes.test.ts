import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkCalls } from '#core/calls/index.js';
import type { Db } from '#core/core.js';
import type { Tables } from '#core/tables.js';
import { openDatabase, type Storage } from '#storage/database.js';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { eventually } from '../eventually.js';
import { HeldClock } from '../held-clock.js';
import { databaseUrl, KillableServer, postUntilAnswered } from '../killable-server.js';
import { openWorldOn, SANDBOX_NUMBER, type Ground, type World } from '../world.js';

/** One campaign, several processes on one database. */
const campaignOf = (people: number) => ({
  ...{ name: 'Many', purpose: 'transactional', from: SANDBOX_NUMBER, message: 'Hello.', amd: { enabled: false } },
  contacts: Array.from({ length: people }, (_, n) => ({ phone: `+1212555${1000 + n}` })),
});

/** How many tries each recipient had, as its calls and as its row say. */
async function triesOf(db: Db, id: string): Promise<{ calls: number; tries: number; status: string }[]> {
  const { rows } = await sql<{ calls: number; tries: number; status: string }>`
    select (select count(*)::int from calls c where c.campaign_id = r.campaign_id and c.recipient = r.position) as calls,
      tries::int, status
    from campaign_recipients r where campaign_id = ${id}`.execute(db);
  return rows;
}

describe('two processes', () => {
  test('feed one campaign in turn: each person is called once', async () => {
    const clock = new HeldClock();
    const folder = mkdtempSync(join(tmpdir(), 'sidetone-campaign-'));
    const database = await createTestDatabase();
    let ground: Ground = { folder, database, openedAt: new Date(clock.now()), inhabitants: undefined };
    const worlds: World[] = [];
    const fed = [0, 0];
    for (const index of fed.keys()) {
      const killPoint = (point: string) => {
        if (point === 'recipient.fed') fed[index]! += 1;
      };
      worlds.push(await openWorldOn(ground, clock, { killPoint }));
      // The database is closed with the first.
      ground = { ...ground, database: { ...database, close: async () => undefined } };
    }
    const [one, two] = worlds as [World, World];
    const { body } = await one.request('POST', '/api/v1/campaigns', { body: campaignOf(120) });
    const id = String(body['campaign_id']);
    two.core.wake.campaigns();
    await one.runUntil('it is over', async () => {
      await two.settle();
      return (await two.request('GET', `/api/v1/campaigns/${id}`)).body['status'] === 'completed';
    });
    const tries = await triesOf(one.core.db, id);
    expect(tries).toHaveLength(120);
    expect(tries.filter(({ calls, tries: made }) => calls !== 1 || made !== 1)).toEqual([]);
    expect(await one.violations()).toEqual([]);
    expect(Math.min(...fed)).toBeGreaterThan(0);
    for (const world of worlds.toReversed()) await world.close();
    rmSync(folder, { recursive: true, force: true });
  });
});

describe('kill -9', () => {
  const PEOPLE = 40;
  let database: TestDatabase;
  let storage: Storage<Tables>;
  let folder: string;
  const servers: KillableServer[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    folder = mkdtempSync(join(tmpdir(), 'sidetone-campaign-'));
    const quiet = { debug() {}, info() {}, warn() {}, error: console.error };
    storage = await openDatabase<Tables>({ connection: database.connection, log: quiet, maxConnections: 2 });
  });
  afterAll(async () => {
    for (const server of servers) if (server.running) await server.kill();
    await storage.close();
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(name: string): Promise<KillableServer> {
    const server = await KillableServer.start({
      DATABASE_URL: databaseUrl(database.connection),
      SIDETONE_DATA: join(folder, name),
      SIDETONE_SECRET_KEY: 'a secret of this test',
    });
    servers.push(server);
    return server;
  }

  test('at recipient.fed: what was handed out is dialled by the other process, and nobody twice', async () => {
    const dying = await start('one');
    const key = dying.ready.keys?.test ?? '';
    const surviving = await start('two');
    const startedAt = new Date();
    await dying.dieAt('recipient.fed');
    const { status, body } = await postUntilAnswered(() => surviving.ready.url, '/api/v1/campaigns', {
      ...{ key, idempotencyKey: 'the campaign', body: campaignOf(PEOPLE) },
    });
    expect(status, JSON.stringify(body)).toBe(201);
    const id = String(body['campaign_id']);
    expect((await dying.exited).signal).toBe('SIGKILL');
    await eventually(async () => {
      const { status: now } = await storage.kysely
        .selectFrom('campaigns')
        .select('status')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      expect(now).toBe('completed');
    });
    const tries = await triesOf(storage.kysely, id);
    expect(tries).toHaveLength(PEOPLE);
    expect(tries.filter(({ calls, tries: made }) => calls !== 1 || made !== 1)).toEqual([]);
    expect(await checkCalls({ db: storage.kysely }, startedAt)).toEqual([]);
    // What the dying one was dialling is lost, and everything else was answered.
    const ended = await storage.kysely.selectFrom('calls').select(['status', 'reason']).execute();
    const unanswered = ended.filter((call) => call.status !== 'completed' && call.reason !== 'node_lost');
    expect(unanswered).toEqual([]);
  });
});
