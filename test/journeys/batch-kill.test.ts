import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#clock.js';
import type { Db } from '#core/core.js';
import { openSecretBox } from '#core/secret-box.js';
import { KnownSites } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';
import { openDatabase, type Storage } from '#storage/database.js';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { databaseUrl, KillableServer } from '../killable-server.js';
import { openShop, SHOP_API } from '../shop.js';
import { wakesTelling } from '../wakes.js';
import type { World } from '../world.js';

const SECRET = 'the same for all servers of the test';
const quiet = { debug() {}, info() {}, warn() {}, error: console.error };

/** A batch in the middle of which the process is killed, before and after a commit: every origin is there once. */
let database: TestDatabase;
let folder: string;
let storage: Storage<Tables>;
let db: Db;
const servers: KillableServer[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  storage = await openDatabase<Tables>({ connection: database.connection, log: quiet, clock: systemClock });
  db = storage.kysely;
  folder = mkdtempSync(join(tmpdir(), 'sidetone-batch-'));
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
    SIDETONE_SECRET_KEY: SECRET,
  });
  servers.push(server);
  return server;
}

const ROWS = 300;
const PEOPLE = 100;
const LOOK_MS = 250;
const LOOKS = 240;

test(
  'a batch whose process dies twice is made to its end, and every origin is there once',
  { timeout: 120_000 },
  async () => {
    const doomed = await start();
    const { key, siteId } = await openedShop(db);
    const ask = async (server: KillableServer, method: string, path: string, body?: unknown) => {
      const response = await fetch(`${server.ready.url}${SHOP_API}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return (await response.json()) as { result: { batch_id: string; batch: Record<string, unknown> } };
    };
    const data = Array.from({ length: ROWS }, (_, n) => ({
      ...{ email: `buyer${n % PEOPLE}@example.com`, order_number: `K-${n}`, subtotal: 5 },
    }));
    await doomed.dieAt('batch.row_made');
    const { batch_id: id } = (await ask(doomed, 'POST', '/origins/batch/purchases', { data })).result;
    expect(await doomed.exited).toMatchObject({ signal: 'SIGKILL' });

    const second = await start();
    await second.dieAt('batch.row_written');
    expect(await second.exited).toMatchObject({ signal: 'SIGKILL' });

    const last = await start();
    let { batch } = (await ask(last, 'GET', `/origins/batches/${id}`)).result;
    for (let looks = 0; batch['status'] !== 'completed' && looks < LOOKS; looks++) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      ({ batch } = (await ask(last, 'GET', `/origins/batches/${id}`)).result);
    }
    expect(batch).toMatchObject({ status: 'completed', total: ROWS, succeeded: ROWS, failed: 0 });
    expect(await last.stop()).toBe(0);

    const count = async (table: 'origins' | 'offers' | 'site_people') => {
      const { n } = await db
        .selectFrom(table)
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .where('site_id', '=', siteId)
        .executeTakeFirstOrThrow();
      return Number(n);
    };
    expect([await count('origins'), await count('offers'), await count('site_people')]).toEqual([ROWS, PEOPLE, PEOPLE]);
    const told = await db.selectFrom('events').select('subject').where('type', '=', 'origin.registered').execute();
    expect(new Set(told.map(({ subject }) => subject)).size).toBe(told.length);
    expect(told.length).toBe(ROWS);
  },
);

/** A shop of the server's account: its test key, and the id of its test half. */
async function openedShop(db: Db): Promise<{ key: string; siteId: string }> {
  const account = await db.selectFrom('accounts').select('id').executeTakeFirstOrThrow();
  const settings = { publicUrl: 'http://127.0.0.1:8080', loopbackOnly: true };
  const knownSites = new KnownSites({ db, clock: systemClock });
  const core = { db, clock: systemClock, knownSites, secrets: openSecretBox(SECRET), settings, wake: wakesTelling() };
  const { keys, site } = await openShop({ core, account } as unknown as World);
  return { key: keys.test, siteId: site.test.id };
}
