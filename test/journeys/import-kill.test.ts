import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { databaseUrl, KillableServer } from '../killable-server.js';

/** A file that is imported while the process is killed: all of it is there once, or nothing of it yet. */
let database: TestDatabase;
let folder: string;
const servers: KillableServer[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'sidetone-import-'));
});
afterAll(async () => {
  for (const server of servers) if (server.running) await server.kill();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<KillableServer> {
  const server = await KillableServer.start({
    DATABASE_URL: databaseUrl(database.connection),
    SIDETONE_DATA: folder,
    SIDETONE_SECRET_KEY: 'the same for all servers of the test',
    TEST_TRUNK_URI: 'sip:127.0.0.1:9',
    TEST_TRUNK_CHANNELS: '1',
  });
  servers.push(server);
  return server;
}

const ROWS = 3000;
const PEOPLE = 2500;
const LOOK_MS = 250;
const LOOKS = 400;

test(
  'an import whose process dies at its end begins anew, and every row is there once',
  { timeout: 180_000 },
  async () => {
    const doomed = await start();
    const key = doomed.ready.keys?.test ?? '';
    const ask = async (server: KillableServer, method: string, path: string, type?: string, body?: string) => {
      const response = await fetch(`${server.ready.url}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, ...(type === undefined ? {} : { 'content-type': type }) },
        ...(body === undefined ? {} : { body }),
      });
      return (await response.json()) as Record<string, unknown>;
    };
    const numbers = Array.from({ length: PEOPLE }, (_, index) => `+1646555${1000 + index}`);
    const rows = Array.from({ length: ROWS }, (_, index) => `${numbers[index % PEOPLE] ?? ''},Person ${index}`);
    const file = ['phone,name', ...rows, ''].join('\n');

    await doomed.dieAt('import.applying');
    const upload = await ask(doomed, 'POST', '/uploads', 'text/csv', file);
    const body = JSON.stringify({ upload_id: upload['upload_id'] });
    const { import_id: id } = await ask(doomed, 'POST', '/contacts/import', 'application/json', body);
    expect(await doomed.exited).toMatchObject({ signal: 'SIGKILL' });

    const next = await start();
    const path = `/imports/${String(id)}`;
    let job = await ask(next, 'GET', path);
    for (let looks = 0; job['status'] !== 'completed' && looks < LOOKS; looks++) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      job = await ask(next, 'GET', path);
    }
    expect(job['rows']).toEqual({
      read: ROWS,
      created: PEOPLE,
      changed: 0,
      unchanged: 0,
      duplicate: ROWS - PEOPLE,
      refused: 0,
    });
    const exported = await fetch(`${next.ready.url}/api/v1/contacts/export`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const phones = (await exported.text())
      .split('\r\n')
      .slice(1, -1)
      .map((line) => line.split(',')[0]);
    expect([...phones].sort()).toEqual([...numbers].sort());
    expect(await next.stop()).toBe(0);
  },
);
