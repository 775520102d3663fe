import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOptions } from '#storage/connection.js';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { eventually } from '../eventually.js';
import { FileStore } from '../file-store.js';
import { JPEG } from '../form.js';
import { databaseUrl, KillableServer } from '../killable-server.js';
import { TWILIO_TOKEN, twilioRequest } from '../text-service.js';
import { SANDBOX_NUMBER } from '../world.js';

/** The process is killed while a picture comes in: it is fetched anew, or is gone with its text; nothing is left over. */
let database: TestDatabase;
let folder: string;
let store: FileStore;
const servers: KillableServer[] = [];
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'sidetone-picture-'));
  store = await new FileStore().open();
});
afterAll(async () => {
  for (const server of servers) if (server.running) await server.kill();
  for (const close of closing) await close();
  await store.close();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(port = '0'): Promise<KillableServer> {
  const server = await KillableServer.start({
    DATABASE_URL: databaseUrl(database.connection),
    SIDETONE_DATA: folder,
    SIDETONE_SECRET_KEY: 'the same for all servers of the test',
    SIDETONE_PORT: port,
    TEST_SERVICE_URL: store.url,
  });
  servers.push(server);
  return server;
}

/** The files of attachments, of all accounts. */
function onDisk(): string[] {
  const uploads = join(folder, 'uploads');
  if (!existsSync(uploads)) return [];
  return readdirSync(uploads).flatMap((account) => readdirSync(join(uploads, account, 'attachments')));
}

test('a picture whose process dies is fetched by the next one', { timeout: 120_000 }, async () => {
  const client = new pg.Client(clientOptions(database.connection));
  await client.connect();
  closing.push(() => client.end());
  let server = await start();
  const { carrier = '', keys } = server.ready;
  const theirs = '12125550170';
  const conversation = `/api/v2/text-conversations/${SANDBOX_NUMBER.slice(1)}-${theirs}`;
  const ask = async (method: string, path: string): Promise<{ status: number; data: Record<string, unknown>[] }> => {
    const headers = { authorization: `Bearer ${keys?.live ?? ''}` };
    const reply = await fetch(`${server.ready.url}${path}`, { method, headers });
    const body = reply.status === 204 ? {} : ((await reply.json()) as { data?: Record<string, unknown>[] });
    return { status: reply.status, data: body.data ?? [] };
  };
  const comes = async (id: string): Promise<void> => {
    const request = twilioRequest(TWILIO_TOKEN, `${server.ready.url}/carriers/${carrier}/callback/incoming`, {
      ...{ MessageSid: id, SmsStatus: 'received', From: `+${theirs}`, To: SANDBOX_NUMBER, Body: id, NumMedia: '1' },
      ...{ MediaUrl0: store.keep(id, JPEG), MediaContentType0: 'image/jpeg' },
    });
    const headers = request.headers as Record<string, string>;
    // The process may die before its answer has left.
    await fetch(request.url, { method: 'POST', headers, body: new Uint8Array(request.body) }).catch(() => undefined);
  };

  for (const point of ['attachment.fetched', 'attachment.filed'] as const) {
    await server.dieAt(point);
    await comes(point);
    expect(await server.exited).toMatchObject({ signal: 'SIGKILL' });
    server = await start();
    expect((await ask('GET', `${conversation}/messages`)).data[0]).toMatchObject({ body: point, attachments: [] });
    // As if the pause before the next try were over.
    await client.query(`update message_attachments set next_at = now() where status = 'pending'`);
    // Not by the API, which is asked 120 times a minute at most.
    await eventually(async () => {
      const left = await client.query(`select from message_attachments where status <> 'kept'`);
      expect(left.rowCount).toBe(0);
    });
    const [text] = (await ask('GET', `${conversation}/messages`)).data;
    const [file] = text?.['attachments'] as { link: string }[];
    const picture = await fetch(file?.link ?? '');
    expect(Buffer.from(await picture.arrayBuffer())).toEqual(JPEG);
    const { rows } = await client.query<{ n: number }>(
      `select count(*)::integer as n from events e join messages m on m.id = e.subject
        where e.type = 'message.received' and e.data -> 'attachments' is not null and m.text = $1`,
      [point],
    );
    expect(rows).toEqual([{ n: 1 }]);
  }

  await server.dieAt('attachment.filed');
  await comes('deleted');
  await server.exited;
  expect(onDisk()).toHaveLength(3);
  server = await start();
  expect((await ask('DELETE', conversation)).status).toBe(204);
  expect(onDisk()).toEqual([]);
  await server.stop();
});
