import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAccount, setLimit } from '#core/accounts/index.js';
import { setMetering, setPrice } from '#core/billing/index.js';
import type { Destination } from '#core/call-flow/index.js';
import { member, ringGroup } from '#core/call-flow/configuration.fixture.js';
import { MOST_INCOMING } from '#core/calls/refuse-incoming.js';
import { setAccountPlan, setPlan } from '#core/plans/index.js';
import { suppress } from '#core/suppression/index.js';
import { removeTrunk } from '#core/trunks/index.js';
import type { EndCause } from '#voice/engine.js';
import { Office, OURS, THEIRS } from '../office.js';
import type { World } from '../world.js';

/** By which way calls of people get in and out, and what holds them up. */
let office: Office;
let world: World;

beforeEach(async () => {
  office = await Office.open();
  ({ world } = office);
});
afterEach(async () => {
  await world.settle();
  expect(await world.violations()).toEqual([]);
  await office.close();
});

describe('help (rule 11)', () => {
  test('is called before all who wait to be let in, also where there is no room for anybody', async () => {
    const others = Array.from({ length: MOST_INCOMING }, () => office.beginsOutside(THEIRS, { to: '+12125550000' }));
    const outside = office.begins('102', THEIRS);
    expect(office.refusalOf(outside)).toBe(486);
    const extension = office.begins('103', '102');
    office.begins('101', '*67911');
    await world.runUntil('help is dialled', () => office.sent('dial').length === 1);
    expect(office.dialled()).toMatchObject({ to: { trunk: office.trunk, number: '911' } });
    const before = office.engine.commands.findIndex(({ kind }) => kind === 'dial');
    const refused = office.engine.commands.slice(0, before).filter(({ kind }) => kind === 'hangup');
    expect(refused.length).toBeLessThan(MOST_INCOMING / 2);
    // 102 means help in some countries, and none here.
    expect(office.refusalOf(extension)).toBe(486);
    await world.settle();
    for (const other of others) expect(office.refusalOf(other)).toBe(480);
  });

  test('is called while the server waits for its calls to end', async () => {
    const caller = office.begins('101', '103');
    await world.settle();
    const closing = world.platform.close(600_000);
    const refused = office.begins('102', THEIRS);
    expect(office.refusalOf(refused)).toBe(503);
    const help = office.begins('102', '911');
    await world.settle();
    expect(office.dialled()).toMatchObject({ to: { number: '911' } });
    await office.answers(office.dialled().leg);
    await office.ends(help);
    await office.ends(caller);
    await closing;
    const helped = (await office.calls()).find(({ purpose }) => purpose === 'emergency');
    expect(helped).toMatchObject({ status: 'completed', reason: 'caller_hung_up' });
  });
});

describe('limits', () => {
  const limit = (name: string, value: number) =>
    setLimit(
      { ...world.core, keyRing: world.platform.keyRing },
      { accountId: world.account.id, name, value, actor: 'test' },
    );

  test('calls inside take nothing of what calls from outside may have', async () => {
    await office.route({ type: 'phone', id: '103' });
    await limit('incoming_calls', 1);
    office.begins('101', '102');
    await world.settle();
    const caller = office.beginsOutside();
    await world.settle();
    expect(office.dialled()).toMatchObject({ to: { phone: office.phones['103'] } });
    const second = office.beginsOutside();
    await world.settle();
    expect(office.refusalOf(caller)).toBeUndefined();
    expect(office.refusalOf(second)).toBe(486);
  });

  test('phones make so many calls at once, inside and outside, and help is none of them', async () => {
    await office.route({ type: 'phone', id: '103' });
    await limit('phone_calls', 2);
    office.begins('101', '102');
    const outside = office.begins('102', THEIRS);
    await world.run(1000);
    const third = office.begins('103', '101');
    await world.settle();
    expect(office.refusalOf(third)).toBe(486);
    // A caller from outside is none of theirs.
    const caller = office.beginsOutside();
    const help = office.begins('103', '911');
    await world.settle();
    expect(office.refusalOf(caller)).toBeUndefined();
    expect(office.refusalOf(help)).toBeUndefined();
    await office.ends(outside, 'canceled');
    const next = office.begins('103', '101');
    await world.settle();
    expect(office.refusalOf(next)).toBeUndefined();
  });
});

describe('out', () => {
  const attempts = () =>
    world.core.db
      .selectFrom('call_attempts')
      .select(['attempt', 'leg', 'target', 'cause', 'sip_code', 'rtp'])
      .orderBy('call_id')
      .orderBy('attempt')
      .execute();
  const fails = (leg: string, cause: EndCause, sipCode: number) =>
    office.says({ kind: 'leg.ended', leg, cause, by: 'them', sipCode });

  test('each trunk that a phone’s call goes by is a try of it, and its end is that of the last', async () => {
    const second = await office.addTrunk('second', { priority: 200 });
    const phone = await office.dials('101', THEIRS);
    const first = office.dialled().leg;
    await fails(first, 'carrier_error', 500);
    await world.run(1000);
    const next = office.dialled().leg;
    await fails(next, 'unallocated', 404);
    expect(office.refusalOf(phone)).toBe(404);
    expect(await attempts()).toMatchObject([
      { attempt: 1, leg: first, target: `by trunk ${office.trunk}`, cause: 'carrier_error', sip_code: 500 },
      { attempt: 2, leg: next, target: `by trunk ${second}`, cause: 'unallocated', sip_code: 404 },
    ]);
    const [row] = await office.calls();
    expect(row).toMatchObject({ status: 'failed', reason: 'unallocated', attempts: 2, sip_code: 404 });
    expect((await office.stepsOf(row!.id)).at(-1)).toMatchObject({ description: `${THEIRS}: no such number` });
  });

  test('of a call that is spoken the try has what its own leg has', async () => {
    const phone = await office.dials('101', THEIRS);
    const { leg } = office.dialled();
    await office.answers(leg);
    await office.ends(phone);
    expect(await attempts()).toMatchObject([{ attempt: 1, leg, target: `by trunk ${office.trunk}`, cause: 'hangup' }]);
  });

  test('whoever waits for the pace of a trunk is not hurried by the pace of others', async () => {
    const { db } = world.core;
    const slow = { calls_per_second: 1, next_dial_at: new Date(world.clock.now() + 3000) };
    await db.updateTable('trunks').set(slow).where('id', '=', office.trunk).execute();
    // Somebody else’s trunk is open again and again meanwhile.
    const other = await createAccount(world.core, { name: 'Other', actor: 'test' });
    const busy = await office.addTrunk('busy', { accountId: other.id });
    const opens = (ms: number) =>
      db
        .updateTable('trunks')
        .set({ next_dial_at: new Date(world.clock.now() + ms) })
        .where('id', '=', busy)
        .execute();
    await opens(20);
    const phone = office.begins('101', THEIRS);
    for (let at = 0; at < 3000; at += 100) {
      await opens(20);
      await world.run(100);
    }
    await world.run(200);
    expect(office.dialled()).toMatchObject({ to: { number: THEIRS } });
    expect(office.refusalOf(phone)).toBeUndefined();
  });

  test('numbers that are rung together leave one after the other, and none of them gives up', async () => {
    await world.core.db.updateTable('trunks').set({ calls_per_second: 1 }).where('id', '=', office.trunk).execute();
    const numbers = Array.from({ length: 9 }, (_, index) => `+1415555012${index}`);
    await office.route(await groupOf(numbers));
    await office.comesIn('+14155550177');
    await world.run(10_000);
    expect(new Set(office.sent('dial').map(({ to }) => to.kind === 'trunk' && to.number))).toEqual(new Set(numbers));
  });

  async function groupOf(numbers: readonly string[]): Promise<Destination> {
    const id = await office.change(async (draft) => {
      const members = [];
      for (const number of numbers) {
        const body = { number, description: '', announce: false, transferCode: null, ringSeconds: 25, noAnswer: null };
        members.push(
          member(await draft.create('forwarding_number', body), { position: members.length + 1, ringSeconds: 25 }),
        );
      }
      return draft.create('ring_group', ringGroup({ members, strategy: 'all' }));
    });
    return { type: 'ring_group', id };
  }

  test.each([
    ['no trunk', 'no_trunk', 503, 'no trunk leads there'],
    ['no money', 'insufficient_funds', 403, 'the balance does not pay for it'],
    [
      'an account that reaches verified numbers only',
      'not_verified',
      403,
      'not a verified number, and the account is in development',
    ],
    ['a person who wants no calls at all', 'suppressed', 403, 'wants no calls'],
    ['a plan without calls', 'not_in_plan', 403, 'the plan of the account has no calls'],
  ] as const)('%s is told for what it is', async (_what, reason, sipCode, words) => {
    await against(reason);
    const phone = await office.dials('101', THEIRS);
    expect(office.sent('dial')).toEqual([]);
    expect(office.refusalOf(phone)).toBe(sipCode);
    const [row] = await office.calls();
    expect(row).toMatchObject({ status: 'failed', reason, result: 'missed' });
    expect((await office.stepsOf(row!.id)).at(-1)).toMatchObject({ description: `${THEIRS}: ${words}` });
  });

  async function against(reason: string): Promise<void> {
    const { core, account } = world;
    const of = { accountId: account.id, actor: 'test' };
    switch (reason) {
      case 'no_trunk':
        return void (await removeTrunk(core, { name: 'carrier', actor: 'test' }));
      case 'insufficient_funds':
        await setPrice(core, { unit: 'voice_minute', amount: '100', actor: 'test' });
        return void (await setMetering(core, { ...of, metering: 'prepaid' }));
      case 'not_verified':
        return void (await core.db.updateTable('accounts').set({ stage: 'development' }).execute());
      case 'suppressed':
        return void (await core.db.transaction().execute((tx) =>
          suppress(tx, core.secrets, {
            ...{ accountId: account.id, mode: 'live', address: THEIRS, source: 'owner', scope: 'all' },
            at: new Date(world.clock.now()),
          }),
        ));
      default:
        return withoutVoice();
    }
  }

  test('calls go on to numbers outside by the same rule as those that phones dial', async () => {
    await world.core.db.updateTable('accounts').set({ stage: 'development' }).execute();
    await office.route(await groupOf([THEIRS]));
    await office.comesIn('+14155550177');
    expect(office.sent('dial')).toEqual([]);
    const code = await office.dials('101', `*72${THEIRS}`);
    await office.heard(code);
    const phone = await world.core.db.selectFrom('phones').select('forward_to').where('name', '=', '101').execute();
    expect(phone).toEqual([{ forward_to: null }]);
  });
});

async function withoutVoice(): Promise<void> {
  const { core, account } = world;
  await setPlan(core, { name: 'quiet', features: { texting: null }, actor: 'test' });
  await setAccountPlan(core, { accountId: account.id, plan: 'quiet', actor: 'test' });
}

describe('a plan without calls', () => {
  test('rings nobody for callers, and the history tells why; phones speak inside and call for help', async () => {
    await withoutVoice();
    await office.route({ type: 'phone', id: '101' });
    const caller = await office.comesIn();
    expect(office.sent('dial')).toEqual([]);
    expect(office.refusalOf(caller)).toBe(480);
    const [row] = await office.calls();
    expect(row).toMatchObject({ status: 'rejected', reason: 'not_in_plan' });
    expect((await office.stepsOf(row!.id))[0]?.description).toContain('the plan of the account has no calls');
    await office.dials('102', '103');
    expect(office.dialled()).toMatchObject({ to: { phone: office.phones['103'] } });
    await office.dials('101', '911');
    expect(office.dialled()).toMatchObject({ to: { number: '911' } });
  });
});

describe('what a caller’s network says of the number (rule 14)', () => {
  const history = async () =>
    (await world.request('GET', '/api/v2/call-history', { key: world.keys.live })).body['data'] as Record<
      string,
      unknown
    >[];

  test('is kept, shown in the history and told to phones of ours', async () => {
    await office.route({ type: 'phone', id: '101' });
    const caller = await office.comesIn(THEIRS, { caller: { verstat: 'TN-Validation-Passed' } });
    expect(office.dialled().from).toMatchObject({ number: THEIRS, verstat: 'TN-Validation-Passed' });
    await office.ends(caller, 'canceled');
    const silent = await office.comesIn();
    expect(office.dialled().from).not.toHaveProperty('verstat');
    await office.ends(silent, 'canceled');
    expect((await history()).map(({ callerVerification }) => callerVerification)).toEqual([
      null,
      'TN-Validation-Passed',
    ]);
  });
});

describe('a phone of ours that sends a call on (302)', () => {
  const sendsOn = (leg: string, number: string) =>
    office.says({
      ...{ kind: 'leg.ended', leg, cause: 'redirected', by: 'them', sipCode: 302 },
      redirects: [{ uri: `sip:${number}@127.0.0.1`, number }],
    });

  test.each([
    ['another phone', '102', { kind: 'phone', number: '102' }],
    ['a number outside', '415-555-0144', { kind: 'trunk', number: '+14155550144' }],
  ])('rings %s', async (_what, to, dialled) => {
    await office.route({ type: 'phone', id: '101' });
    const caller = await office.comesIn();
    await sendsOn(office.dialled().leg, to);
    await world.run(1000);
    expect(office.dialled().to).toMatchObject(dialled);
    await office.answers(office.dialled().leg);
    expect(office.together()).toEqual(new Set([caller, office.dialled().leg]));
    const [row] = await office.calls();
    const told = (await office.stepsOf(row!.id)).filter(({ type }) => type === 'call_forward');
    expect(told).toMatchObject([{ description: expect.stringContaining('sends the call on to') as string }]);
  });

  test.each([
    ['help', '911'],
    ['a country that is not ours', '+442079460000'],
    ['itself', '101'],
    ['a code', '*72102'],
    ['a number of ours', OURS],
  ])('reaches nobody by %s', async (_what, to) => {
    await office.route({ type: 'phone', id: '101' });
    const caller = await office.comesIn();
    await sendsOn(office.dialled().leg, to);
    await world.run(1000);
    expect(office.sent('dial')).toHaveLength(1);
    expect(office.isHungUp(caller)).toBe(true);
  });

  test('is followed once', async () => {
    await office.route({ type: 'phone', id: '101' });
    await office.comesIn();
    await sendsOn(office.dialled().leg, '102');
    await sendsOn(office.dialled().leg, '103');
    expect(office.sent('dial')).toHaveLength(2);
  });
});
