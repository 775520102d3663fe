import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAccount, updateAccount } from '#core/accounts/index.js';
import { creditWallet, setMetering, setPrice } from '#core/billing/index.js';
import { addTrunk, removeTrunk } from '#core/trunks/index.js';
import { setPolicy } from '#core/verifications/index.js';
import { readLetter } from '#email/read-letter.fixture.js';
import { ScriptedEngine } from '../business.js';
import type { HeldClock } from '../held-clock.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

/** What operators hear of (rule 33): by webhook and by e-mail, once when it begins and once when it is over. */
const HOUR = 3_600_000;
let world: World;
let engine: ScriptedEngine;
let receiver: Receiver;

beforeEach(async () => {
  engine = new ScriptedEngine();
  world = await openWorld({ live: () => engine });
  receiver = await openReceiver();
  const { core, account } = world;
  await updateAccount(core, { accountId: account.id, email: 'owner@example.com', actor: 'test' });
  const wanted = { url: `${receiver.url}/told`, events: ['trouble.began', 'trouble.ended'] };
  expect((await live('POST', '/api/v1/webhook_endpoints', wanted)).status).toBe(201);
});
afterEach(async () => {
  await world.close();
  await receiver.close();
});

const live = (method: string, path: string, body?: object) =>
  world.request(method, path, { key: world.keys.live, ...(body === undefined ? {} : { body }) });

/** What the endpoint was told, without ids and times. */
const told = () =>
  receiver.received
    .filter(({ path }) => path === '/told')
    .map(({ body: { event, kind, name, detail } }) => ({ event, kind, name, detail }));

function letters(): { to: string | undefined; subject: string | undefined; text: string }[] {
  return readdirSync(world.mailFolder)
    .sort()
    .map((file) => readLetter(readFileSync(join(world.mailFolder, file), 'utf8')))
    .map(({ headers, text }) => ({ to: headers['to'], subject: headers['subject'], text }));
}

const newTrunk = (more: { accountId?: string } = {}) =>
  addTrunk(world.core, { name: 'carrier', uri: 'sip:127.0.0.1:5099', sipHost: '127.0.0.1', actor: 'test', ...more });

async function trunkSays(trunk: string, up: boolean, detail: string): Promise<void> {
  engine.emit({ kind: 'trunk.state', trunk, up, detail });
  await world.run(1000);
}

test('a trunk that is down, and up again: once each, whatever it says in between', async () => {
  const { id } = await newTrunk();
  await trunkSays(id, true, '200 OK');
  expect(told()).toEqual([]);
  await trunkSays(id, false, 'nothing answers');
  await trunkSays(id, false, 'nothing answers');
  await trunkSays(id, false, 'no address');
  const down = { event: 'trouble.began', kind: 'trunk_down', name: 'carrier', detail: 'nothing answers' };
  expect(told()).toEqual([down]);
  await trunkSays(id, true, '200 OK');
  const up = { event: 'trouble.ended', kind: 'trunk_down', name: 'carrier', detail: '200 OK' };
  expect(told()).toEqual([down, up]);
  expect(receiver.received[0]?.body).toMatchObject({ subject_id: id, since: '2026-03-02T15:00:01Z' });
  await trunkSays(id, false, 'nothing answers');
  expect(told()).toEqual([down, up, down]);
  await world.run(10_000);
  expect(letters().map(({ to, subject }) => [to, subject])).toEqual([
    ['owner@example.com', 'The trunk carrier is down'],
    ['owner@example.com', 'The trunk carrier works again'],
    ['owner@example.com', 'The trunk carrier is down'],
  ]);
  expect(letters()[0]?.text).toContain('nothing answers');

  await removeTrunk(world.core, { name: 'carrier', actor: 'test' });
  expect(await world.core.db.selectFrom('troubles').selectAll().execute()).toEqual([]);
});

test('another account’s trunk is told to that account alone, by a subscription of the phone system too', async () => {
  const { core, account } = world;
  const other = await createAccount(core, { name: 'Other', actor: 'test' });
  const hookUrl = `${receiver.url}/subscribed`;
  expect((await live('POST', '/api/v2/subscriptions', { hookUrl, type: 'trouble' })).status).toBe(201);
  await trunkSays((await newTrunk({ accountId: other.id })).id, false, 'nothing answers');
  expect(receiver.received).toEqual([]);
  const events = await core.db.selectFrom('events').select(['account_id', 'mode', 'type']).execute();
  expect(events.filter(({ type }) => type === 'trouble.began')).toEqual([
    { account_id: other.id, mode: 'live', type: 'trouble.began' },
  ]);

  const own = await addTrunk(core, {
    ...{ name: 'ours', uri: 'sip:127.0.0.1:5098', sipHost: '127.0.0.1' },
    ...{ accountId: account.id, actor: 'test' },
  });
  await trunkSays(own.id, false, 'nothing answers');
  const subscribed = receiver.received.filter(({ path }) => path === '/subscribed');
  expect(subscribed.map(({ body }) => body)).toEqual([
    {
      ...{ datetime: '2026-03-02T15:00:01+00:00', state: 'began', kind: 'trunk_down' },
      ...{ name: 'ours', detail: 'nothing answers' },
    },
  ]);
});

test('an endpoint that was switched off: told by the others, and again only after it worked', async () => {
  const failing = await openReceiver();
  failing.answer(500);
  try {
    const { core, account } = world;
    expect(
      (await live('POST', '/api/v1/webhook_endpoints', { url: failing.url, events: ['trouble.began'] })).status,
    ).toBe(201);
    const { id } = await newTrunk();
    await trunkSays(id, false, 'nothing answers');
    const fourDaysAgo = new Date(world.clock.now() - 4 * 24 * HOUR);
    const origin = new URL(failing.url).origin;
    const fails = () =>
      core.db.updateTable('webhook_origins').set({ failing_since: fourDaysAgo }).where('origin', '=', origin).execute();
    await fails();
    await world.run(60_000);
    const off = told().filter(({ kind }) => kind === 'endpoint_off');
    expect(off).toEqual([
      {
        event: 'trouble.began',
        kind: 'endpoint_off',
        name: origin,
        detail: expect.stringContaining('replay') as string,
      },
    ]);
    expect(letters().map(({ subject }) => subject)).toContain(`Webhooks to ${origin} are switched off`);

    const again = { since: new Date(0).toISOString(), failed_only: true };
    expect((await live('POST', '/api/v1/webhook_deliveries/replay', again)).status).toBe(202);
    expect(await core.db.selectFrom('troubles').select('kind').where('account_id', '=', account.id).execute()).toEqual(
      [],
    );
    await world.run(1000);
    await fails();
    await world.run(60_000);
    expect(told().filter(({ kind }) => kind === 'endpoint_off')).toHaveLength(2);
  } finally {
    await failing.close();
  }
});

test('what codes may cost is reached: once in a day, also where the request is tried again by its key', async () => {
  const { core, account } = world;
  await newTrunk();
  await setMetering(core, { accountId: account.id, metering: 'prepaid', actor: 'test' });
  await creditWallet(core, { accountId: account.id, amount: 1000, note: 'paid', actor: 'test' });
  await setPrice(core, { accountId: account.id, unit: 'voice_otp_call', amount: '50', actor: 'test' });
  await setPolicy(core, { accountId: account.id, name: 'spend_per_day', value: '20', actor: 'test' });
  const asked = async (to: string, key: string) =>
    (
      await world.request('POST', '/v1/otp', {
        ...{ key: world.keys.live, body: { to }, headers: { 'idempotency-key': key } },
      })
    ).status;
  for (const [to, key] of [
    ['+12125550101', 'a'],
    ['+12125550101', 'a'],
    ['+12125550102', 'b'],
  ] as const) {
    expect(await asked(to, key)).toBe(429);
    await world.settle();
  }
  await world.run(1000);
  const cap = { event: 'trouble.began', kind: 'spend_cap', name: 'Test account' };
  expect(told()).toMatchObject([cap]);
  (world.clock as HeldClock).advance(25 * HOUR);
  expect(await asked('+12125550103', 'c')).toBe(429);
  await world.run(1000);
  expect(told()).toMatchObject([cap, cap]);
});

test('a campaign that reaches nobody for an hour, and goes on', async () => {
  engine.onCommand = (command) => {
    if (command.kind !== 'dial') return;
    engine.emit({ kind: 'leg.ended', leg: command.leg, cause: 'busy', by: 'them', sipCode: 486 });
  };
  const { id: trunk } = await newTrunk();
  await trunkSays(trunk, false, 'nothing answers');
  const { status, body } = await live('POST', '/api/v1/campaigns', {
    ...{ name: 'Spring', purpose: 'transactional', channel: 'voice', from: SANDBOX_NUMBER, message: 'Hello.' },
    ...{ contacts: [{ phone: '+12125550199' }] },
  });
  expect([status, body['error']]).toEqual([201, undefined]);
  await world.run(60_000);
  const ofCampaign = () => told().filter(({ kind }) => kind === 'campaign_stalled');
  expect(ofCampaign()).toEqual([]);
  const hourAgo = new Date(world.clock.now() - HOUR);
  await world.core.db.updateTable('campaigns').set({ moved_at: hourAgo }).execute();
  await world.run(60_000);
  // Nobody was due an hour ago: so it is in the morning.
  expect(ofCampaign()).toEqual([]);
  await world.core.db.updateTable('campaign_recipients').set({ due_at: hourAgo }).execute();
  await world.run(60_000);
  const stalled = { event: 'trouble.began', kind: 'campaign_stalled', name: 'Spring' };
  expect(ofCampaign()).toMatchObject([
    { ...stalled, detail: expect.stringContaining('Every trunk is down.') as string },
  ]);
  await trunkSays(trunk, true, '200 OK');
  await world.run(60_000);
  expect(ofCampaign()).toMatchObject([stalled, { event: 'trouble.ended', kind: 'campaign_stalled', name: 'Spring' }]);
});
