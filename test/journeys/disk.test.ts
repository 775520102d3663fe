import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { updateAccount } from '#core/accounts/index.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

/** A disk that fills up stops recording, then intake, and never what was accepted (rule 22). */
const GIGABYTE = 1024 ** 3;
let free: number;
let world: World;
let receiver: Receiver;

beforeEach(async () => {
  free = 100 * GIGABYTE;
  world = await openWorld({ freeBytes: () => free });
  receiver = await openReceiver();
  await updateAccount(world.core, { accountId: world.account.id, email: 'owner@example.com', actor: 'test' });
  const wanted = { url: receiver.url, events: ['trouble.began', 'trouble.ended'] };
  const made = await world.request('POST', '/api/v1/webhook_endpoints', { key: world.keys.live, body: wanted });
  expect(made.status).toBe(201);
});
afterEach(async () => {
  expect(await world.violations()).toEqual([]);
  await world.close();
  await receiver.close();
});

async function left(gigabytes: number): Promise<void> {
  free = gigabytes * GIGABYTE;
  await world.run(31_000);
}

const told = () => receiver.received.map(({ body: { event, kind, name } }) => ({ event, kind, name }));
const call = { to: '+15005550001', from: SANDBOX_NUMBER, message: 'Hello.' };
const recordings = () => world.core.db.selectFrom('recordings').select('id').execute();

async function calls(more: object = {}): Promise<void> {
  const { status, body } = await world.request('POST', '/api/v1/calls', { body: { ...call, ...more } });
  expect(status).toBe(201);
  await world.runUntil('its end', async () => {
    const story = await world.request('GET', `/api/v1/calls/${String(body['call_id'])}`);
    return story.body['status'] === 'completed';
  });
}

const handsIn = () =>
  world.request('POST', '/api/v1/uploads', { body: 'phone\n+15005550001\n', headers: { 'content-type': 'text/csv' } });

test('the owners hear of it once, and again when there is room', async () => {
  await left(1.9);
  await left(1.2);
  await left(2.2);
  const began = { event: 'trouble.began', kind: 'disk_low', name: 'test:/data' };
  expect(told()).toEqual([began]);
  expect((await handsIn()).status).toBe(201);
  await left(3);
  expect(told()).toEqual([began, { event: 'trouble.ended', kind: 'disk_low', name: 'test:/data' }]);
  await world.run(10_000);
  expect(readdirSync(world.mailFolder)).toHaveLength(2);
});

test('first nothing is recorded nor handed in, while calls go on', async () => {
  await left(0.4);
  await calls({ record: true });
  expect(await recordings()).toEqual([]);
  expect(await handsIn()).toMatchObject({ status: 507, body: { error: { code: 'no_room' } } });
  await left(10);
  await calls({ record: true });
  expect(await recordings()).toHaveLength(1);
  expect((await handsIn()).status).toBe(201);
});

test('then nothing new is accepted, and what was accepted goes on', async () => {
  const later = new Date(world.clock.now() + 120_000).toISOString();
  const { body: accepted } = await world.request('POST', '/api/v1/calls', { body: { ...call, schedule_at: later } });
  await left(0.1);
  const campaign = {
    name: 'Spring',
    purpose: 'transactional',
    channel: 'voice',
    contacts: [{ phone: '+15005550001' }],
  };
  for (const [path, body] of [
    ['/api/v1/calls', call],
    ['/api/v1/calls', { ...call, purpose: 'marketing' }],
    ['/api/v1/sms', call],
    ['/api/v1/campaigns', { ...campaign, from: SANDBOX_NUMBER, message: 'Hello.' }],
  ] as const) {
    const reply = await world.request('POST', path, { body });
    expect([path, reply.status, reply.body['error']]).toEqual([
      path,
      507,
      expect.objectContaining({ code: 'no_room' }),
    ]);
  }
  const text = { body: 'Hello.' };
  expect(
    (await world.request('POST', '/api/v2/text-conversations/15005550100-13055550111', { body: text })).status,
  ).toBe(507);
  expect((await world.request('POST', '/v1/otp', { body: { to: '+12125550100' } })).status).toBe(503);
  await world.runUntil('the call that was accepted', async () => {
    const story = await world.request('GET', `/api/v1/calls/${String(accepted['call_id'])}`);
    return story.body['status'] === 'completed';
  });
  await left(10);
  await calls();
});
