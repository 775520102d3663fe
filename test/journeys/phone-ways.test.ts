import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createAccount, setLimit } from '#core/accounts/index.js';
import { setMetering, setPrice } from '#core/billing/index.js';
import { erasePerson } from '#core/contacts/index.js';
import type { Destination } from '#core/call-flow/index.js';
import { member, ringGroup } from '#core/call-flow/configuration.fixture.js';
import { DialCapacity } from '#core/calls/dial-capacity.js';
import { takeSeat } from '#core/calls/index.js';
import { MOST_INCOMING } from '#core/calls/refuse-incoming.js';
import { nameRowLeg } from '#core/calls/row-trunk.js';
import { addNumber } from '#core/numbers/index.js';
import { setPhone } from '#core/phones/index.js';
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

  test('a code whose call is one too many sets nothing; nor are calls picked up or fetched by such a call', async () => {
    await office.route({ type: 'phone', id: '103' });
    await limit('phone_calls', 1);
    office.begins('101', '102');
    await world.settle();
    office.beginsOutside();
    await world.settle();
    for (const code of ['*78', '*72103', '*8', '701']) {
      expect([code, office.refusalOf(await office.dials('102', code))]).toEqual([code, 486]);
    }
    const settings = world.core.db.selectFrom('phones').select(['do_not_disturb', 'forward_to']);
    expect(await settings.where('name', '=', '102').execute()).toEqual([{ do_not_disturb: false, forward_to: null }]);
    expect(office.sent('bridge')).toEqual([]);
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

  test('the only trunk that fails is told for why it fails, not as one that is missing', async () => {
    const phone = await office.dials('101', THEIRS);
    await fails(office.dialled().leg, 'unreachable', 0);
    await world.run(1000);
    expect(office.refusalOf(phone)).toBe(503);
    const [row] = await office.calls();
    expect(row).toMatchObject({ status: 'failed', reason: 'unreachable', attempts: 1 });
    expect((await office.stepsOf(row!.id)).at(-1)?.description).not.toContain('no trunk leads there');
  });

  test('a try is written once, and a channel taken once, also where the answer to what wrote it is lost', async () => {
    await office.dials('101', THEIRS);
    const { id: callId } = (await office.calls())[0]!;
    const at = new Date(world.clock.now());
    const asked = { accountId: world.account.id, mode: 'live', number: THEIRS, tried: [] } as const;
    for (let time = 0; time < 2; time++) {
      await world.core.db.transaction().execute(async (tx) => {
        await nameRowLeg(tx, callId, { leg: 'leg_2', trunk: office.trunk, isFirst: false }, at);
        expect(await takeSeat(tx, { ...asked, callId, leg: 'leg_3' }, at)).toMatchObject({ trunk: office.trunk });
      });
    }
    expect((await attempts()).map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(await office.calls()).toMatchObject([{ attempts: 2 }]);
    expect(await world.core.db.selectFrom('trunk_seats').select('leg').execute()).toEqual([{ leg: 'leg_3' }]);
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

  describe('fifty numbers that are rung together by a trunk of one call a second', () => {
    const numbers = Array.from({ length: 50 }, (_, index) => `+141555501${String(index + 10)}`);

    beforeEach(async () => {
      const slow = { calls_per_second: 1, channels: 100 };
      await world.core.db.updateTable('trunks').set(slow).where('id', '=', office.trunk).execute();
      await office.route(await groupOf(numbers, 60));
    });

    test('look for a channel once each, and all leave', async () => {
      const looks = vi.spyOn(DialCapacity, 'read');
      onTestFinished(() => looks.mockRestore());
      await office.comesIn('+14155550177');
      await world.run(55_000);
      expect(new Set(office.sent('dial').map(({ to }) => to.kind === 'trunk' && to.number))).toEqual(new Set(numbers));
      expect(looks.mock.calls.length).toBeLessThanOrEqual(60);
    });

    test('hold up nobody at a phone, who has the turn after theirs', async () => {
      await office.comesIn('+14155550177');
      await world.run(3000);
      office.begins('101', THEIRS);
      await world.run(3000);
      expect(office.sent('dial').map(({ to }) => to.kind === 'trunk' && to.number)).toContain(THEIRS);
    });

    test('wait no longer once one has taken the call', async () => {
      const caller = await office.comesIn('+14155550177');
      await world.run(3000);
      const dialled = office.sent('dial').length;
      await office.answers(office.dialled().leg);
      await world.run(5000);
      expect(office.sent('dial')).toHaveLength(dialled);
      const phone = office.begins('101', THEIRS);
      await world.run(1000);
      expect(office.dialled()).toMatchObject({ to: { number: THEIRS } });
      expect([office.isHungUp(caller), office.isHungUp(phone)]).toEqual([false, false]);
      const seats = await world.core.db.selectFrom('trunk_seats').select('leg').execute();
      expect(seats).toHaveLength(1);
    });
  });

  test('who waits longer than a trunk asks for is told so at once', async () => {
    const rests = { next_dial_at: new Date(world.clock.now() + 60_000) };
    await world.core.db.updateTable('trunks').set(rests).where('id', '=', office.trunk).execute();
    const phone = office.begins('101', THEIRS);
    await world.run(1000);
    expect(office.refusalOf(phone)).toBe(503);
    expect(office.sent('dial')).toEqual([]);
  });

  test('a slip while a leg leaves costs the call, which gives its channel back', async () => {
    world.core.log.error = () => undefined;
    office.engine.onCommand = throwsOnce(office.engine.onCommand, 'dial');
    const phone = office.begins('101', THEIRS);
    await world.run(1000);
    expect(office.refusalOf(phone)).toBe(503);
    expect(await office.calls()).toMatchObject([{ status: 'failed', reason: 'engine_failed', node_id: null }]);
  });

  function throwsOnce(obey: typeof office.engine.onCommand, kind: string): typeof office.engine.onCommand {
    let isSound = false;
    return (command) => {
      if (isSound || command.kind !== kind) return obey(command);
      isSound = true;
      throw new Error('a slip');
    };
  }

  async function groupOf(numbers: readonly string[], ringSeconds = 25): Promise<Destination> {
    const id = await office.change(async (draft) => {
      const members = [];
      for (const number of numbers) {
        const body = { number, description: '', announce: false, transferCode: null, ringSeconds, noAnswer: null };
        members.push(
          member(await draft.create('forwarding_number', body), { position: members.length + 1, ringSeconds }),
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

  test('also how it was signed, which nobody sees of callers who withhold their number', async () => {
    await office.route({ type: 'phone', id: '101' });
    const identity = 'eyJhbGciOi.eyJhdHRlc3.c2lnbmVk;info=<https://example.com/passport.cer>;alg=ES256;ppt="shaken"';
    const verstat = 'TN-Validation-Passed';
    for (const caller of [
      { verstat, identity },
      { verstat, identity, private: true },
    ])
      await office.ends(await office.comesIn(THEIRS, { caller }), 'canceled');
    expect(await history()).toMatchObject([
      { externalNumber: 'anonymous', callerVerification: verstat, callerIdentity: null },
      { externalNumber: THEIRS, callerVerification: verstat, callerIdentity: identity },
    ]);
    const erased = { accountId: world.account.id, mode: 'live', phone: THEIRS, actor: 'test' } as const;
    await erasePerson(world.core, erased);
    expect((await office.calls()).map(({ caller_identity }) => caller_identity)).toEqual([null, null]);
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

  test('has digits read in the country of the number that it shows', async () => {
    const { core, account } = world;
    const french = '+33142685300';
    await addNumber(core, { accountId: account.id, mode: 'live', number: french, actor: 'test' });
    await setPhone(core, { accountId: account.id, name: '101', callerId: french, actor: 'test' });
    await office.route({ type: 'phone', id: '101' });
    await office.comesIn();
    await sendsOn(office.dialled().leg, '0142685301');
    await world.run(1000);
    expect(office.dialled().to).toMatchObject({ kind: 'trunk', number: '+33142685301' });
  });

  test.each([
    ['a number outside', '415-555-0144', 1],
    ['another phone', '103', 0],
  ])('while others ring, too: %s is asked first where a mailbox may answer', async (_what, to, questions) => {
    await office.route(await phonesTogether());
    const caller = await office.comesIn();
    const [first, second] = office.sent('dial');
    await sendsOn(first!.leg, to);
    await world.run(1000);
    const instead = office.dialled().leg;
    expect([office.sent('dial').length, office.isHungUp(second!.leg)]).toEqual([3, false]);
    await office.answers(instead);
    expect(office.playedTo(instead)).toHaveLength(questions);
    expect(office.together().has(instead)).toBe(questions === 0);
    if (questions > 0) await office.presses(instead, '1');
    expect(office.together()).toEqual(new Set([caller, instead]));
    expect(office.isHungUp(second!.leg)).toBe(true);
  });

  /** 101 and 102 ring at once. */
  async function phonesTogether(): Promise<Destination> {
    const id = await office.change(async (draft) => {
      const members = [];
      for (const phone of ['101', '102']) {
        const extension = {
          ...{ number: `2${phone}`, name: `Extension 2${phone}`, userId: null, ringSeconds: 25, noAnswer: null },
          ...{ destination: { type: 'phone' as const, id: phone }, inDirectory: true },
        };
        members.push(member(await draft.create('extension', extension), { position: members.length + 1 }));
      }
      return draft.create('ring_group', ringGroup({ members, strategy: 'all' }));
    });
    return { type: 'ring_group', id };
  }

  test('is followed once', async () => {
    await office.route({ type: 'phone', id: '101' });
    await office.comesIn();
    await sendsOn(office.dialled().leg, '102');
    await sendsOn(office.dialled().leg, '103');
    expect(office.sent('dial')).toHaveLength(2);
  });
});
