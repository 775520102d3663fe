import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkCalls } from '#core/calls/index.js';
import type { Tables } from '#core/tables.js';
import { openDatabase, type Storage } from '#storage/database.js';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { eventually } from '../eventually.js';
import { databaseUrl, KillableServer } from '../killable-server.js';
import { openPhone, type IncomingCall, type OutgoingCall, type Phone } from '../phones.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { SANDBOX_NUMBER } from '../world.js';

/**
 * `kill -9` of the real server in the middle of calls between people: a caller from the carrier, and a mobile that is rung
 * through the same trunk, which has one channel for it.
 */
const MOBILE = '+18005550188';

let folder: string;
let database: TestDatabase;
let storage: Storage<Tables>;
let carrier: Phone;
let hooks: Receiver;
let server: KillableServer;
let key: string;
let startedAt: Date;
let callers = 100;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sidetone-kill-'));
  database = await createTestDatabase();
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  storage = await openDatabase<Tables>({ connection: database.connection, log: silent, maxConnections: 2 });
  carrier = await openPhone();
  hooks = await openReceiver();
  startedAt = new Date();
  await start();
  key = server.ready.keys!.live;
  await configure();
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
  expect(await checkCalls({ db: storage.kysely }, startedAt)).toEqual([]);
  expect(carrier.complaints()).toEqual([]);
  await carrier.close();
  await hooks.close();
  await storage.close();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  server = await KillableServer.start({
    DATABASE_URL: databaseUrl(database.connection),
    SIDETONE_DATA: folder,
    SIDETONE_SECRET_KEY: 'the same for all servers of the test',
    TEST_TRUNK_URI: `sip:127.0.0.1:${carrier.port}`,
    // One for the caller, one for the mobile.
    TEST_TRUNK_CHANNELS: '2',
  });
}

async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(`${server.ready.url}/api/v2${path}`, { method, headers, ...sent });
  const text = await response.text();
  expect(response.ok, text).toBe(true);
  return (JSON.parse(text) as { data: T }).data;
}

/** The number leads to a group with a mobile in it, and from there to a mailbox. */
async function configure(): Promise<void> {
  const { id: mailbox } = await ask<{ id: number }>('POST', '/voice-mailboxes', {
    name: 'Sales',
    greeting: { text: 'Hi' },
  });
  const announce = { announceAndVoicemailEnabled: false };
  const { id: mobile } = await ask<{ id: number }>('POST', '/forwarding-numbers', { number: MOBILE, ...announce });
  const { id: group } = await ask<{ id: number }>('POST', '/ring-groups', {
    strategy: 'sequence',
    maxAttempts: 1,
    destination: { type: 'voicemail', id: mailbox },
  });
  await ask('PUT', `/ring-groups/${group}/members`, [
    { enabled: true, forwardingDeviceId: mobile, sequencePosition: 1, ringTimeout: 60 },
  ]);
  const numbers = await ask<{ id: number; phoneNumber: string }[]>('GET', '/virtual-numbers');
  const ours = numbers.find(({ phoneNumber }) => phoneNumber === SANDBOX_NUMBER);
  await ask('PATCH', `/virtual-numbers/${ours?.id}`, { destination: { type: 'ring_group', id: group } });
  await ask('POST', '/subscriptions', { hookUrl: `${hooks.url}/records`, type: 'new_call_record' });
}

/** Somebody calls, and the mobile rings. */
async function rings(): Promise<{ from: string; call: OutgoingCall; mobile: IncomingCall }> {
  const from = `+1212555${String((callers += 1)).padStart(4, '0')}`;
  const call = await carrier.invite(`sip:${SANDBOX_NUMBER}@${server.ready.sip}`, { from: `<sip:${from}@127.0.0.1>` });
  const mobile = await carrier.nextCall();
  expect(mobile.calledUser).toBe(MOBILE);
  mobile.ring();
  return { from, call, mobile };
}

const stepsOf = async (from: string): Promise<string[]> => {
  const steps = storage.kysely
    .selectFrom('call_steps')
    .innerJoin('calls', 'calls.id', 'call_steps.call_id')
    .select('call_steps.type')
    .where('calls.from_number', '=', from);
  return (await steps.orderBy('position').execute()).map(({ type }) => type);
};

const points: [string, (call: Awaited<ReturnType<typeof rings>>) => Promise<void>, result: string, steps: string[]][] =
  [
    ['while the mobile rings', async () => undefined, 'missed', ['virtual_number', 'ring_group', 'forwarding_device']],
    [
      'while both talk',
      async ({ call, mobile }) => {
        await mobile.answer();
        await call.answered();
        await Promise.all([call.sendTone(700, -10, 500), mobile.waitForSound(300)]);
      },
      'answered',
      ['virtual_number', 'ring_group', 'forwarding_device', 'answered'],
    ],
    [
      'while a message is spoken',
      async ({ call, mobile }) => {
        mobile.reject(486, 'Busy Here');
        await call.answered();
        // The greeting, and the tone.
        await call.waitForSound(600);
        await call.sendTone(700, -10, 500);
      },
      'missed',
      ['virtual_number', 'ring_group', 'forwarding_device', 'forwarding_device', 'ring_group', 'voicemail'],
    ],
  ];

test.each(points)(
  'killed %s, the call is lost, told of once, and gives its channels back',
  async (_what, go, result, steps) => {
    const coming = await rings();
    await go(coming);
    await eventually(async () => expect(await stepsOf(coming.from)).toEqual(steps));
    await server.kill();
    for (const call of carrier.calls) call.close();
    await start();

    await eventually(async () => {
      const { db } = { db: storage.kysely };
      expect(await db.selectFrom('calls').select('id').where('ended_at', 'is', null).execute()).toEqual([]);
    });
    expect(await storage.kysely.selectFrom('trunk_seats').selectAll().execute()).toEqual([]);
    const [record] = await ask<
      { id: string; externalNumber: string; result: string; events: { type: string; description: string }[] }[]
    >('GET', '/call-history?pageSize=1');
    expect(record).toMatchObject({ externalNumber: coming.from, result });
    expect(record?.events.map(({ type }) => type)).toEqual([...steps, 'hangup']);
    expect(record?.events.at(-1)?.description).toBe('The call was lost: the server that led it stopped');
    const lost = await storage.kysely
      .selectFrom('calls')
      .select(['status', 'reason'])
      .where('id', '=', record!.id)
      .execute();
    expect(lost).toEqual([{ status: 'failed', reason: 'node_lost' }]);
    const mine = () => hooks.received.filter(({ body }) => body['caller_number'] === coming.from);
    await eventually(() => expect(mine()).not.toEqual([]));
    expect(mine().map(({ body }) => body['call_result'])).toEqual([result]);
    expect(await storage.kysely.selectFrom('voice_messages').select('id').execute()).toEqual([]);
  },
);

test('the server that came after leads calls as before', async () => {
  const { from, call, mobile } = await rings();
  await mobile.answer();
  await call.answered();
  expect(await mobile.hangup()).toBe(200);
  expect(await call.ended).toMatchObject({ by: 'them', how: 'bye' });
  await eventually(async () => {
    const [record] = await ask<{ externalNumber: string; result: string }[]>('GET', '/call-history?pageSize=1');
    expect(record).toMatchObject({ externalNumber: from, result: 'answered' });
  });
});
