import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkCalls } from '#core/calls/index.js';
import type { KillPoint } from '#core/core.js';
import type { Tables } from '#core/tables.js';
import { openDatabase, type Storage } from '#storage/database.js';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { eventually } from '../eventually.js';
import { databaseUrl, KillableServer, postUntilAnswered } from '../killable-server.js';
import { IncomingCall, openPhone, type Phone } from '../phones.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { SANDBOX_NUMBER } from '../world.js';

/** `kill -9` of the real server in the middle of real calls; the phone, the receiver and the database live on. */
const TERMINAL = ['call.completed', 'call.voicemail', 'call.no_answer', 'call.failed', 'call.canceled'];

let folder: string;
let database: TestDatabase;
let storage: Storage<Tables>;
let phone: Phone;
let receiver: Receiver;
let keys: { live: string; test: string; webhookSecret: string };
let servers: KillableServer[];
let startedAt: Date;
let lastNumber = 100;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sidetone-kill-'));
  database = await createTestDatabase();
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  storage = await openDatabase<Tables>({ connection: database.connection, log: silent, maxConnections: 2 });
  phone = await openPhone();
  receiver = await openReceiver();
  servers = [];
  startedAt = new Date();
});
beforeEach(() => phone.onInvite(answerAndPressOne));
afterAll(async () => {
  await phone.close();
  await receiver.close();
  await storage.close();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Ends what the last group of tests left, each in order. */
async function stopAll(): Promise<void> {
  for (const server of servers.splice(0)) if (server.running) expect(await server.stop()).toBe(0);
}

async function start(channels: number, name = 'only'): Promise<KillableServer> {
  await storage.kysely.updateTable('trunks').set({ channels }).execute();
  const server = await KillableServer.start({
    DATABASE_URL: databaseUrl(database.connection),
    SIDETONE_DATA: join(folder, name),
    SIDETONE_SECRET_KEY: 'the same for all servers of the test',
    TEST_TRUNK_URI: `sip:127.0.0.1:${phone.port}`,
    TEST_TRUNK_CHANNELS: String(channels),
  });
  if (server.ready.keys !== undefined) keys = server.ready.keys;
  servers.push(server);
  return server;
}

/** The server at the other end may die at any moment; what became of the call is asserted elsewhere. */
function answerAndPressOne(call: IncomingCall): Promise<void> {
  call.ring();
  return call
    .answer()
    .then(() => answered(call))
    .catch(() => undefined);
}

async function answered(call: IncomingCall): Promise<void> {
  await call.waitForSound(200);
  await call.press('1');
}

function nextNumber(): string {
  lastNumber += 1;
  return `+1212555${String(lastNumber).padStart(4, '0')}`;
}

/** Places a call as a client does that never gives up; resolves to its id. */
async function place(server: () => KillableServer | undefined, to: string, message = 'Press one.'): Promise<string> {
  const url = () => {
    const now = server();
    return now?.running === true ? now.ready.url : undefined;
  };
  const { status, body } = await postUntilAnswered(url, '/api/v1/calls', {
    key: keys.live,
    idempotencyKey: `call to ${to}`,
    body: {
      to,
      from: SANDBOX_NUMBER,
      message,
      // The phones say nothing when they answer, and are spoken to at once.
      amd: { enabled: false },
      dtmf: { '1': { action: 'webhook', url: `${receiver.url}/key` } },
      webhook_url: `${receiver.url}/calls`,
    },
  });
  expect(status, JSON.stringify(body)).toBe(201);
  return String(body['call_id']);
}

async function look(server: KillableServer, path: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${server.ready.url}${path}`, { headers: { authorization: `Bearer ${keys.live}` } });
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

async function ended(server: KillableServer, id: string): Promise<Record<string, unknown>> {
  let call: Record<string, unknown> = {};
  await eventually(async () => {
    call = await look(server, `/api/v1/calls/${id}`);
    expect(call['completed_at'], JSON.stringify(call)).not.toBeNull();
  });
  return call;
}

/** INVITEs that reached the phone for one number, repetitions not counted. */
function invitesTo(number: string): number {
  const invites = phone.requests('INVITE').filter(({ uri }) => uri.includes(`${bare(number)}@`));
  return new Set(invites.map(({ headers }) => headers.get('Call-ID'))).size;
}

async function statusInDatabase(to: string): Promise<string | undefined> {
  const row = await storage.kysely.selectFrom('calls').select('status').where('to_number', '=', to).executeTakeFirst();
  return row?.status;
}

/** One terminal event, under one id however often it came, saying what the call says. */
async function expectOneTerminalEvent(call: Record<string, unknown>): Promise<void> {
  const mine = () => receiver.received.filter(({ body }) => body['call_id'] === call['call_id']);
  const terminal = () => mine().filter(({ body }) => TERMINAL.includes(String(body['event'])));
  await eventually(() => expect(terminal()).not.toEqual([]));
  expect(new Set(terminal().map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  const status = call['status'] === 'completed' ? 'answered' : call['status'];
  expect(new Set(terminal().map(({ body }) => body['status']))).toEqual(new Set([status]));
  // Whatever comes twice comes under the id that it had.
  const ids = new Map<string, Set<unknown>>();
  for (const { path, body, headers } of mine()) {
    const what = `${path} ${String(body['event'])}`;
    ids.set(what, (ids.get(what) ?? new Set()).add(headers['webhook-id']));
  }
  for (const [what, under] of ids) expect([what, under.size]).toEqual([what, 1]);
}

/** Nothing is leased, nothing contradicts itself, everything was delivered and signed. */
async function expectAllInOrder(): Promise<void> {
  await eventually(async () => {
    const { rows } = await sql`
      select (select count(*) from calls where node_id is not null) as calls,
        (select count(*) from deliveries where status <> 'delivered' or node_id is not null) as deliveries`.execute(
      storage.kysely,
    );
    expect(rows).toEqual([{ calls: 0, deliveries: 0 }]);
  });
  expect(await checkCalls({ db: storage.kysely }, startedAt)).toEqual([]);
  expect(receiver.allSigned(keys.webhookSecret)).toBe(true);
  expect(phone.complaints()).toEqual([]);
}

describe('kill -9 of the only server', () => {
  /** The one that the last test started again; a start takes longest. */
  const running = async (): Promise<KillableServer> => servers.find((server) => server.running) ?? (await start(1));
  afterAll(stopAll);

  const LOST = { status: 'failed', error: { code: 'node_lost' } };
  const DONE = { status: 'completed', dtmf_response: '1' };
  const points: [KillPoint, inDatabase: string, becomes: object, invites: [least: number, most: number]][] = [
    ['call.accepted', 'queued', DONE, [1, 1]],
    ['call.claimed', 'queued', DONE, [1, 1]],
    ['call.dialing', 'dialing', LOST, [0, 0]],
    // The INVITE is in the hands of the engine's thread, which dies in the same moment.
    ['call.dialed', 'dialing', LOST, [0, 1]],
    ['call.ringing', 'ringing', LOST, [1, 1]],
    ['call.answered', 'answered', LOST, [1, 1]],
    ['call.digit', 'answered', LOST, [1, 1]],
    ['call.ending', 'answered', LOST, [1, 1]],
    ['call.ended', 'completed', DONE, [1, 1]],
  ];
  test.each(points)('at %s', async (point, inDatabase, becomes, [least, most]) => {
    const dying = await running();
    let server: KillableServer | undefined = dying;
    await dying.dieAt(point);
    const [first, second] = [nextNumber(), nextNumber()];
    const placedFirst = place(() => server, first);
    // Waits behind the first: the trunk has one channel.
    const placedSecond = placedFirst.then(() => place(() => server, second));
    expect((await dying.exited).signal).toBe('SIGKILL');
    expect(await statusInDatabase(first)).toBe(inDatabase);
    server = undefined;
    const next = await start(1);
    server = next;

    const call = await ended(next, await placedFirst);
    expect(call).toMatchObject(becomes);
    const waiting = await ended(next, await placedSecond);
    expect(waiting).toMatchObject(DONE);
    await expectOneTerminalEvent(call);
    await expectOneTerminalEvent(waiting);
    await expectAllInOrder();
    expect(invitesTo(first)).toBeGreaterThanOrEqual(least);
    expect(invitesTo(first)).toBeLessThanOrEqual(most);
    expect(invitesTo(second)).toBe(1);
  });

  test.each<KillPoint>(['call.answered', 'call.digit'])('at %s of a call that came in', async (point) => {
    const dying = await running();
    const caller = nextNumber();
    await ended(dying, await place(() => dying, nextNumber()));
    await dying.dieAt(point);
    const uri = `sip:${SANDBOX_NUMBER}@${dying.ready.sip}`;
    const call = await phone.invite(uri, { from: `<sip:${caller}@127.0.0.1>` });
    await call.answered();
    if (point === 'call.digit') await call.press('9');
    expect((await dying.exited).signal).toBe('SIGKILL');

    const next = await start(1);
    const newest = async () => {
      const { calls } = await look(next, '/api/v1/calls?direction=in&limit=1');
      return (calls as Record<string, unknown>[])[0];
    };
    await eventually(async () => {
      expect(await newest()).toMatchObject({ from: caller, status: 'failed', error: { code: 'node_lost' } });
    });
    await expectAllInOrder();
    // What was pressed was written down before the process died.
    const known = await look(next, `/api/v1/dnc?phone=${encodeURIComponent(caller)}`);
    expect(known['optouts']).toHaveLength(point === 'call.digit' ? 1 : 0);
  });

  test('at voicemail.filed: nothing of the message is there but its file, which goes later', async () => {
    const dying = await running();
    const ask = async (method: string, path: string, body: object) => {
      const headers = { authorization: `Bearer ${keys.live}`, 'content-type': 'application/json' };
      const response = await fetch(`${dying.ready.url}/api/v2${path}`, { method, headers, body: JSON.stringify(body) });
      expect(response.ok).toBe(true);
      return ((await response.json()) as { data: { id: number } }).data;
    };
    const mailbox = await ask('POST', '/voice-mailboxes', { name: 'Sales', greeting: { text: 'Hi' } });
    const { id } = await storage.kysely
      .selectFrom('numbers')
      .select('id')
      .where('number', '=', SANDBOX_NUMBER)
      .where('mode', '=', 'live')
      .executeTakeFirstOrThrow();
    await ask('PATCH', `/virtual-numbers/${id}`, { destination: { type: 'voicemail', id: mailbox.id } });
    await dying.dieAt('voicemail.filed');
    const uri = `sip:${SANDBOX_NUMBER}@${dying.ready.sip}`;
    const call = await phone.invite(uri, { from: `<sip:${nextNumber()}@127.0.0.1>` });
    await call.answered();
    // Goes on to the tone.
    await call.press('1');
    await call.sendTone(700, -10, 4000);
    await call.press('#');
    expect((await dying.exited).signal).toBe('SIGKILL');
    await start(1);
    await eventually(async () => {
      const { rows } = await sql`
        select (select count(*) from calls where ended_at is null) as open,
          (select count(*) from voice_messages) as messages, (select count(*) from emails) as letters,
          (select count(*) from events where type = 'voicemail.received') as told`.execute(storage.kysely);
      expect(rows).toEqual([{ open: 0, messages: 0, letters: 0, told: 0 }]);
    });
    const { id: account } = await storage.kysely.selectFrom('accounts').select('id').executeTakeFirstOrThrow();
    const files = readdirSync(join(folder, 'only', 'recordings', account, 'voicemail'));
    expect(files).toEqual([expect.stringMatching(/^vcm_\w+\.wav$/)]);
    await sql`delete from routing_objects where kind = 'number'`.execute(storage.kysely);
  });

  const deliveries: [KillPoint, inDatabase: string, timesReceived: number][] = [
    ['delivery.claimed', 'pending', 1],
    ['delivery.posted', 'pending', 2],
    ['delivery.recorded', 'delivered', 1],
  ];
  test.each(deliveries)('at %s', async (point, inDatabase, times) => {
    phone.onInvite((call) => call.reject(486, 'Busy Here'));
    const dying = await running();
    await dying.dieAt(point);
    const to = nextNumber();
    const id = await place(() => dying, to);
    expect((await dying.exited).signal).toBe('SIGKILL');
    const statusOf = async () =>
      (
        await storage.kysely
          .selectFrom('deliveries')
          .innerJoin('events', 'events.id', 'deliveries.event_id')
          .select('deliveries.status')
          .where('events.subject', '=', id)
          .execute()
      ).map(({ status }) => status);
    expect(await statusOf()).toEqual([inDatabase]);

    const next = await start(1);
    const call = await ended(next, id);
    expect(call).toMatchObject({ status: 'busy' });
    await expectOneTerminalEvent(call);
    await expectAllInOrder();
    expect(receiver.received.filter(({ body }) => body['call_id'] === id)).toHaveLength(times);
    expect(invitesTo(to)).toBe(1);
  });
});

/** Simulated on both sides, for what is lost and kept is the same. */
describe('kill -9 while somebody of ours is connected', () => {
  afterAll(stopAll);

  const points: [KillPoint, inDatabase: string, attempts: number][] = [
    ['call.dialing', 'dialing', 0],
    ['call.picked_up', 'dialing', 1],
    ['call.answered', 'answered', 1],
  ];
  test.each(points)('at %s', async (point, inDatabase, attempts) => {
    const dying = servers.find((each) => each.running) ?? (await start(1));
    let server: KillableServer | undefined = dying;
    const url = () => (server?.running === true ? server.ready.url : undefined);
    const post = (path: string, body: object) =>
      postUntilAnswered(url, path, { key: keys.test, idempotencyKey: `${path} for ${point}`, body });
    const user = await post('/v1/users', { name: `Somebody at ${point}`, phones: ['desk'] });
    expect(user.status).toBe(201);
    await dying.dieAt(point);
    const placed = post('/v1/calls', { phone: '+12125550100', user: user.body['id'] });
    expect((await dying.exited).signal).toBe('SIGKILL');
    server = undefined;
    const newest = () =>
      storage.kysely.selectFrom('calls').selectAll().orderBy('id', 'desc').limit(1).executeTakeFirstOrThrow();
    expect((await newest()).status).toBe(inDatabase);

    server = await start(1);
    expect((await placed).status).toBe(201);
    await eventually(async () => {
      const { status, reason, attempts: tried } = await newest();
      expect([status, reason, tried]).toEqual(['failed', 'node_lost', attempts]);
    });
    expect(await checkCalls({ db: storage.kysely }, startedAt)).toEqual([]);
  });
});

describe('two servers on one database', () => {
  const CHANNELS = 3;
  /** Longer than the test holds a call. */
  const LONG = 'Press one. '.repeat(60);
  afterAll(stopAll);

  test('when one is killed the other ends its calls, dials what waits, and keeps within the trunk', async () => {
    const both = [await start(CHANNELS, 'one'), await start(CHANNELS, 'two')] as const;
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    let mostAtOnce = 0;
    phone.onInvite(async (call) => {
      mostAtOnce = Math.max(mostAtOnce, phone.calls.filter(({ state }) => state !== 'ended').length);
      call.ring();
      await call.answer();
      await held;
      if (call.state === 'answered') await answered(call);
    });
    for (const call of phone.calls) call.close();
    const numbers = Array.from({ length: 8 }, nextNumber);
    const ids = await Promise.all(numbers.map((to, index) => place(() => both[index % 2], to, LONG)));
    const talking = () =>
      storage.kysely
        .selectFrom('calls')
        .innerJoin('nodes', 'nodes.id', 'calls.node_id')
        .select(['calls.to_number', 'nodes.pid'])
        .where('calls.status', '=', 'answered')
        .execute();
    await eventually(async () => expect(await talking()).toHaveLength(CHANNELS));

    const before = await talking();
    const dying = both.find(({ pid }) => pid === before[0]?.pid);
    const surviving = both.find((server) => server !== dying);
    if (dying === undefined || surviving === undefined) throw new Error('the calls are led by neither server');
    const lost = before.filter(({ pid }) => pid === dying.pid).map((row) => row.to_number);
    await dying.kill();
    for (const call of phone.calls) {
      if (call instanceof IncomingCall && lost.includes(`+${bare(call.calledUser)}`)) call.close();
    }
    letGo();

    for (const [index, id] of ids.entries()) {
      const to = numbers[index] ?? '';
      const call = await ended(surviving, id);
      if (lost.includes(to)) expect(call).toMatchObject({ status: 'failed', error: { code: 'node_lost' } });
      else expect(call).toMatchObject({ status: 'completed', dtmf_response: '1' });
      await expectOneTerminalEvent(call);
      expect(invitesTo(to)).toBe(1);
    }
    await expectAllInOrder();
    expect(mostAtOnce).toBe(CHANNELS);
  });
});

function bare(number: string): string {
  return number.replace('+', '');
}
