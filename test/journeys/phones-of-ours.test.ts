import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS, type Destination } from '#core/call-flow/index.js';
import { addNumber } from '#core/numbers/index.js';
import { createUser } from '#core/people/index.js';
import { addPhone, setPhone } from '#core/phones/index.js';
import { readLetter } from '#email/read-letter.fixture.js';
import { changeRouting } from '#core/routing/index.js';
import { addTrunk } from '#core/trunks/index.js';
import type { EndCause, EngineCommand, EngineEventBody } from '#voice/engine.js';
import { ScriptedEngine } from '../business.js';
import { openWorld, type World } from '../world.js';

/** What somebody at a phone of ours dials, and what phones do to calls; the engine says what the test tells it to say. */
const OURS = '+12125550199';
const THEIRS = '+14155550123';
const PACE_MS = 1000;
let world: World;
let engine: ScriptedEngine;
let phones: Record<string, string>;
let legs: number;
let ended: Set<string>;

beforeEach(async () => {
  engine = new ScriptedEngine();
  legs = 0;
  ended = new Set();
  phones = {};
  world = await openWorld({ live: () => engine });
  const { core, account } = world;
  const owner = { accountId: account.id, actor: 'test' };
  await addNumber(core, { ...owner, mode: 'live', number: OURS });
  for (const name of ['101', '102', '103']) phones[name] = (await addPhone(core, { ...owner, name })).id;
  await createUser(core, {
    ...owner,
    mode: 'live',
    name: 'Anna',
    email: 'anna@example.com',
    role: 'owner',
    phones: ['101'],
  });
});
afterEach(async () => {
  // Whatever a test leaves open ends as soon as it is told to.
  engine.onCommand = (command) => {
    if (command.kind === 'hangup') endsByUs(command.leg);
  };
  for (const { leg } of sent('hangup')) endsByUs(leg);
  await world.settle();
  expect(await world.violations()).toEqual([]);
  await world.close();
});

function endsByUs(leg: string): void {
  if (ended.has(leg)) return;
  ended.add(leg);
  engine.emit({ kind: 'leg.ended', leg, cause: 'hangup', by: 'us' });
}

async function trunk(name = 'carrier', more: { channels?: number; prefixes?: string[]; priority?: number } = {}) {
  const fields = { uri: 'sip:127.0.0.1:5999', sipHost: '127.0.0.1', callsPerSecond: 100, actor: 'test' };
  const { id } = await addTrunk(world.core, { name, ...fields, ...more });
  return id;
}

function sent<K extends EngineCommand['kind']>(kind: K): Extract<EngineCommand, { kind: K }>[] {
  return engine.commands.filter((command): command is Extract<EngineCommand, { kind: K }> => command.kind === kind);
}

async function says(event: EngineEventBody): Promise<void> {
  if (event.kind === 'leg.ended') ended.add(event.leg);
  engine.emit(event);
  await world.settle();
}

const answers = (leg: string): Promise<void> => says({ kind: 'leg.answered', leg, sipCode: 200 });
const ends = (leg: string, cause: EndCause = 'hangup', by: 'us' | 'them' = 'them', sipCode?: number): Promise<void> =>
  says({ kind: 'leg.ended', leg, cause, by, ...(sipCode === undefined ? {} : { sipCode }) });

/** A phone of ours calls; its leg. */
async function dials(phone: string, to: string, more: { replaces?: string } = {}): Promise<string> {
  const leg = `${phone}-${(legs += 1)}`;
  await says({ kind: 'leg.incoming', leg, origin: { kind: 'phone', phone: phones[phone]! }, from: phone, to, ...more });
  // Calls outside leave evenly spaced.
  await world.run(PACE_MS);
  return leg;
}

/** The last leg that was dialled. */
function dialled() {
  const last = sent('dial').at(-1);
  if (last === undefined) throw new Error('nobody is dialled');
  return last;
}

/** What is played to a leg is over. */
async function heard(leg: string): Promise<void> {
  const played = sent('play')
    .filter((play) => play.leg === leg && play.loop !== true)
    .at(-1);
  if (played !== undefined) {
    await says({ kind: 'job.done', leg, job: played.job, outcome: 'completed', durationMs: 1000 });
  }
}

const refusalOf = (leg: string): number | undefined => sent('hangup').find((each) => each.leg === leg)?.sipCode;

async function calls() {
  return world.core.db.selectFrom('calls').selectAll().orderBy('id').execute();
}

async function stepsOf(callId: string): Promise<string[]> {
  const rows = await world.core.db
    .selectFrom('call_steps')
    .selectAll()
    .where('call_id', '=', callId)
    .orderBy('position')
    .execute();
  return rows.map(({ type }) => type);
}

async function extension(number: string, destination: Destination): Promise<void> {
  const owner = { accountId: world.account.id, mode: 'live' } as const;
  await changeRouting(world.core, { ...owner, author: 'test', summary: 'test' }, async (draft) => {
    await draft.create('extension', {
      ...{ number, name: `Extension ${number}`, userId: null, destination, ringSeconds: 20 },
      ...{ noAnswer: null, inDirectory: true },
    });
  });
}

describe('outside', () => {
  test('a phone calls a number: its call is the account’s, on a trunk, with the number that it shows', async () => {
    const carrier = await trunk();
    const phone = await dials('101', '415-555-0123');
    expect(dialled()).toMatchObject({ to: { kind: 'trunk', trunk: carrier, number: THEIRS }, from: { number: OURS } });
    const outside = dialled().leg;
    // Nobody rings yet, so the phone hears nothing of the kind.
    expect(sent('ring')).toEqual([]);
    await says({ kind: 'leg.ringing', leg: outside, sipCode: 180 });
    expect(sent('ring')).toEqual([{ kind: 'ring', leg: phone }]);
    await says({ kind: 'leg.early', leg: outside, sipCode: 183 });
    expect(engine.commands.slice(-2)).toEqual([
      { kind: 'early', leg: phone },
      { kind: 'bridge', leg: phone, with: outside },
    ]);
    await answers(outside);
    await answers(phone);
    expect(sent('answer')).toEqual([{ kind: 'answer', leg: phone }]);
    const [row] = await calls();
    expect(row).toMatchObject({
      direction: 'out',
      purpose: 'person',
      status: 'answered',
      to_number: THEIRS,
      from_number: OURS,
      trunk_id: carrier,
    });
    await ends(outside);
    await ends(phone, 'hangup', 'us');
    expect((await calls())[0]).toMatchObject({ status: 'completed', result: 'answered', node_id: null });
    expect(await stepsOf(row!.id)).toEqual(['outbound', 'answered', 'hangup']);
    expect(await world.core.db.selectFrom('call_users').selectAll().execute()).toHaveLength(1);
  });

  test.each([
    ['busy', 486, 'busy', 'busy'],
    ['rejected', 603, 'rejected', 'rejected'],
    ['unallocated', 404, 'failed', 'unallocated'],
    ['no_answer', 480, 'no_answer', 'ring_timeout'],
  ] as const)('the phone is told of %s with %d', async (cause, sipCode, status, reason) => {
    await trunk();
    const phone = await dials('101', THEIRS);
    await ends(dialled().leg, cause, 'them', sipCode);
    expect(refusalOf(phone)).toBe(sipCode);
    await ends(phone, 'canceled', 'us');
    expect((await calls())[0]).toMatchObject({ status, reason, result: 'missed' });
  });

  test('a trunk that fails is followed by the next one', async () => {
    const [first, second] = [await trunk('first', { priority: 1 }), await trunk('second', { priority: 2 })];
    const phone = await dials('101', THEIRS);
    expect(dialled().to).toMatchObject({ trunk: first });
    await ends(dialled().leg, 'carrier_error', 'them', 503);
    await world.run(PACE_MS);
    expect(dialled().to).toMatchObject({ trunk: second });
    expect((await calls())[0]).toMatchObject({ trunk_id: second });
    await ends(dialled().leg, 'carrier_error', 'them', 500);
    expect(refusalOf(phone)).toBe(503);
    await ends(phone, 'canceled', 'us');
  });

  test.each([
    ['a premium number', '+19005550100', 403],
    ['a country that is not ours', '+442079460000', 403],
    ['nobody', '999999', 404],
  ])('%s is refused', async (_what, to, sipCode) => {
    await trunk();
    const phone = await dials('101', to);
    expect(sent('dial')).toEqual([]);
    expect(refusalOf(phone)).toBe(sipCode);
    await ends(phone, 'canceled', 'us');
  });

  test('without a trunk, or with all its channels taken, the phone is told so', async () => {
    const phone = await dials('101', THEIRS);
    expect(refusalOf(phone)).toBe(503);
    await ends(phone, 'canceled', 'us');
    await trunk('narrow', { channels: 1 });
    const first = await dials('101', THEIRS);
    const { leg: outside } = dialled();
    const second = await dials('102', THEIRS);
    expect(sent('dial')).toHaveLength(1);
    expect(refusalOf(second)).toBe(503);
    await ends(second, 'canceled', 'us');
    await ends(first, 'canceled');
    await ends(outside, 'canceled', 'us');
    expect((await calls()).map(({ status }) => status)).toEqual(['failed', 'canceled', 'failed']);
    expect((await calls()).map(({ reason }) => reason)).toEqual(['no_trunk', 'caller_hung_up', 'no_room']);
  });

  test('a phone shows its own number, or none', async () => {
    await trunk();
    const { core, account } = world;
    await addNumber(core, { accountId: account.id, mode: 'live', number: '+12125550177', actor: 'test' });
    await setPhone(core, { accountId: account.id, name: '102', callerId: '+12125550177', actor: 'test' });
    await dials('102', THEIRS);
    expect(dialled().from).toEqual({ number: '+12125550177' });
    await dials('102', `*67${THEIRS}`);
    expect(dialled().from).toEqual({ number: '+12125550177', private: true });
    await setPhone(core, { accountId: account.id, name: '102', hideCallerId: true, actor: 'test' });
    await dials('102', THEIRS);
    expect(dialled().from).toMatchObject({ private: true });
    await dials('102', `*82${THEIRS}`);
    expect(dialled().from).toEqual({ number: '+12125550177' });
  });
});

describe('inside', () => {
  test('a phone calls another by its name: no number outside takes part, and no webhook tells of it', async () => {
    const caller = await dials('101', '102');
    expect(dialled()).toMatchObject({
      to: { kind: 'phone', phone: phones['102'] },
      from: { number: '101', displayName: 'Anna' },
    });
    const callee = dialled().leg;
    await answers(callee);
    await answers(caller);
    expect(sent('bridge')).toContainEqual({ kind: 'bridge', leg: caller, with: callee });
    await ends(caller);
    await ends(callee, 'hangup', 'us');
    expect((await calls())[0]).toMatchObject({ purpose: 'internal_leg', status: 'completed', trunk_id: null });
  });

  test('an extension is led as it is for those outside', async () => {
    await extension('201', { type: 'phone', id: '102' });
    await dials('101', '201');
    expect(dialled().to).toMatchObject({ phone: phones['102'] });
  });

  test('a phone that is not to be disturbed does not ring', async () => {
    const code = await dials('102', '*78');
    await answers(code);
    await heard(code);
    await ends(code, 'hangup', 'us');
    const row = await world.core.db
      .selectFrom('phones')
      .selectAll()
      .where('name', '=', '102')
      .executeTakeFirstOrThrow();
    expect(row.do_not_disturb).toBe(true);
    const audit = await world.core.db
      .selectFrom('audit_log')
      .select('actor')
      .where('action', '=', 'phone.set')
      .execute();
    expect(audit).toEqual([{ actor: 'phone 102' }]);
    const caller = await dials('101', '102');
    expect(sent('dial')).toEqual([]);
    expect(refusalOf(caller)).toBe(480);
    await ends(caller, 'canceled', 'us');
  });

  test('a phone that speaks and takes no second call is busy', async () => {
    const code = await dials('102', '*71');
    await answers(code);
    await heard(code);
    await ends(code, 'hangup', 'us');
    const first = await dials('101', '102');
    await answers(dialled().leg);
    await answers(first);
    const second = await dials('103', '102');
    expect(sent('dial')).toHaveLength(1);
    expect(refusalOf(second)).toBe(486);
    await ends(second, 'canceled', 'us');
  });

  test('a phone that is forwarded rings elsewhere', async () => {
    const code = await dials('102', '*72103');
    await answers(code);
    await ends(code);
    await dials('101', '102');
    expect(dialled().to).toMatchObject({ phone: phones['103'] });
  });
});

describe('help (rule 11)', () => {
  test('is called before every limit, at the cost of a campaign’s channel, and the owners are told', async () => {
    const carrier = await trunk('carrier', { channels: 1 });
    const { core, account } = world;
    await setPhone(core, { accountId: account.id, name: '101', location: 'Main Street 1, floor 2', actor: 'test' });
    const body = { to: THEIRS, from: OURS, message: 'Hello.' };
    await world.request('POST', '/api/v1/calls', { key: world.keys.live, body });
    await world.runUntil('an automated call', () => sent('dial').length === 1);
    const automated = dialled().leg;
    const phone = await dials('101', '9911');
    expect(dialled()).toMatchObject({ to: { trunk: carrier, number: '911' }, from: { number: OURS } });
    expect(new Set(sent('hangup').map(({ leg }) => leg))).toEqual(new Set([automated]));
    const outside = dialled().leg;
    await answers(outside);
    expect(engine.commands.slice(-2)).toEqual([
      { kind: 'answer', leg: phone },
      { kind: 'bridge', leg: phone, with: outside },
    ]);
    const events = await core.db.selectFrom('events').selectAll().where('type', '=', 'call.emergency').execute();
    expect(events.map(({ data }) => data)).toEqual([
      { number: '911', phone: '101', user: 'Anna', callback: OURS, location: 'Main Street 1, floor 2' },
    ]);
    // What a letter said leaves its row when it is sent.
    const emails = await core.db.selectFrom('emails').selectAll().execute();
    expect(emails.map(({ to_address }) => to_address)).toEqual(['anna@example.com']);
    const [file = ''] = readdirSync(world.mailFolder);
    const letter = readLetter(readFileSync(join(world.mailFolder, file), 'utf8'));
    expect(letter.headers['subject']).toContain('911');
    expect(letter.text).toContain('Main Street 1, floor 2');
    await ends(automated, 'canceled', 'us');
    await ends(phone);
    await ends(outside, 'hangup', 'us');
    const row = (await calls()).find(({ purpose }) => purpose === 'emergency');
    expect(row).toMatchObject({
      status: 'completed',
      direction: 'out',
      to_number: '911',
      result: 'answered',
      node_id: null,
    });
  });

  test('is called also behind the code that hides a number', async () => {
    await trunk('carrier');
    await dials('101', '*67911');
    expect(dialled()).toMatchObject({ to: { number: '911' }, from: { number: OURS } });
  });

  test('goes by every trunk, again and again, before it gives up', async () => {
    const [first, second] = [await trunk('first', { priority: 1 }), await trunk('second', { priority: 2 })];
    const phone = await dials('101', '112');
    for (let tries = 0; tries < 6; tries++) {
      expect(dialled().to).toMatchObject({ trunk: tries % 2 === 0 ? first : second });
      await ends(dialled().leg, 'carrier_error', 'them', 503);
      await world.run(500);
    }
    expect(sent('dial')).toHaveLength(6);
    expect(refusalOf(phone)).toBe(503);
    await ends(phone, 'canceled', 'us');
    expect((await calls())[0]).toMatchObject({ status: 'failed', attempts: 6 });
  });

  test('is refused where no trunk leads to it, and to nobody but phones', async () => {
    const phone = await dials('101', '112');
    expect(refusalOf(phone)).toBe(480);
    await ends(phone, 'canceled', 'us');
    const reply = await world.request('POST', '/api/v1/calls', {
      key: world.keys.live,
      body: { to: '112', from: OURS, message: 'x' },
    });
    expect(reply.status).toBe(400);
  });

  test('cannot be passed on', async () => {
    await trunk();
    const phone = await dials('101', '112');
    await answers(dialled().leg);
    await answers(phone);
    await says({ kind: 'transfer.request', leg: phone, transfer: 't1', to: '102' });
    expect(sent('transferProgress')).toEqual([{ kind: 'transferProgress', leg: phone, transfer: 't1', sipCode: 603 }]);
  });
});

describe('a call is passed on', () => {
  /** Somebody outside has called our number, which leads to 101, and speaks with them. */
  async function talking() {
    const carrier = await trunk();
    await routeTo({ type: 'phone', id: '101' });
    const outside = `outside-${(legs += 1)}`;
    await says({
      kind: 'leg.incoming',
      leg: outside,
      origin: { kind: 'trunk', trunk: carrier },
      from: THEIRS,
      to: OURS,
    });
    const ours = dialled().leg;
    await answers(ours);
    await answers(outside);
    return { outside, ours };
  }

  async function routeTo(destination: Destination): Promise<void> {
    const { core, account } = world;
    const { id } = await core.db
      .selectFrom('numbers')
      .select('id')
      .where('number', '=', OURS)
      .executeTakeFirstOrThrow();
    const change = { accountId: account.id, mode: 'live', author: 'test', summary: 'test' } as const;
    await changeRouting(core, change, (draft) => {
      draft.put('number', id, { description: '', destination, record: null, welcome: null });
      return Promise.resolve();
    });
  }

  const progress = (): number[] => sent('transferProgress').map(({ sipCode }) => sipCode);
  const asks = (leg: string, to: string, more: { replaces?: string } = {}): Promise<void> =>
    says({ kind: 'transfer.request', leg, transfer: `t-${leg}`, to, ...more });
  const isHungUp = (leg: string): boolean => sent('hangup').some((each) => each.leg === leg);

  test('blind: the caller speaks with the third, and the call is over with either', async () => {
    const { outside, ours } = await talking();
    await asks(ours, '102');
    const third = dialled();
    expect(third).toMatchObject({ to: { phone: phones['102'] }, from: { number: THEIRS } });
    expect(progress()).toEqual([]);
    await answers(third.leg);
    expect(progress()).toEqual([200]);
    expect(sent('bridge').at(-1)).toEqual({ kind: 'bridge', leg: outside, with: third.leg });
    await ends(ours);
    expect(isHungUp(outside)).toBe(false);
    await ends(third.leg);
    expect(isHungUp(outside)).toBe(true);
    await ends(outside, 'hangup', 'us');
    const [row] = await calls();
    expect(row).toMatchObject({ status: 'completed', result: 'answered' });
    expect(await stepsOf(row!.id)).toContain('call_transfer');
  });

  test('blind, to somebody who does not answer: it comes back', async () => {
    const { outside, ours } = await talking();
    await asks(ours, '102');
    await ends(dialled().leg, 'busy');
    expect(progress()).toEqual([486]);
    expect(sent('bridge').at(-1)).toEqual({ kind: 'bridge', leg: outside, with: ours });
    await asks(ours, '103');
    await ends(ours);
    await ends(dialled().leg, 'no_answer');
    // Whoever passed it on has left: their phone rings again.
    expect(dialled()).toMatchObject({ to: { phone: phones['101'] } });
    await answers(dialled().leg);
    expect(sent('bridge').at(-1)).toMatchObject({ leg: outside, with: dialled().leg });
  });

  test('blind, outside: on a trunk of its own, with the caller’s number', async () => {
    const { outside, ours } = await talking();
    await asks(ours, '2125550177');
    expect(dialled()).toMatchObject({ to: { kind: 'trunk', number: '+12125550177' }, from: { number: THEIRS } });
    expect(await world.core.db.selectFrom('trunk_seats').selectAll().execute()).toHaveLength(1);
    const third = dialled().leg;
    await answers(third);
    expect(sent('bridge').at(-1)).toEqual({ kind: 'bridge', leg: outside, with: third });
    await ends(ours);
    await ends(outside);
    await ends(third, 'hangup', 'us');
    expect(await world.core.db.selectFrom('trunk_seats').selectAll().execute()).toEqual([]);
  });

  test.each([
    ['help', '112', 603],
    ['nobody', '999999', 404],
  ])('never to %s', async (_what, to, sipCode) => {
    const { ours } = await talking();
    await asks(ours, to);
    expect(progress()).toEqual([sipCode]);
    expect(sent('dial')).toHaveLength(1);
  });

  test('by nobody outside, and not before somebody is spoken with', async () => {
    const { outside } = await talking();
    await asks(outside, '102');
    expect(progress()).toEqual([603]);
    const calling = await dials('102', '103');
    await asks(calling, '101');
    expect(progress()).toEqual([603, 603]);
  });

  test.each(['the first call', 'the second call'])('attended, asked for on %s', async (which) => {
    const { outside, ours } = await talking();
    const second = await dials('101', '102');
    const third = dialled().leg;
    await answers(third);
    await answers(second);
    if (which === 'the first call') await asks(ours, '102', { replaces: second });
    else await asks(second, THEIRS, { replaces: ours });
    expect(progress()).toEqual([200]);
    expect(new Set([sent('bridge').at(-1)?.leg, sent('bridge').at(-1)?.with])).toEqual(new Set([outside, third]));
    await ends(ours);
    await ends(second);
    expect([isHungUp(outside), isHungUp(third)]).toEqual([false, false]);
    // Each of the two is a call of its own still, and ends with the other.
    expect((await calls()).map(({ ended_at }) => ended_at)).toEqual([null, null]);
    await ends(outside);
    expect(isHungUp(third)).toBe(true);
    await ends(third, 'hangup', 'us');
    expect((await calls()).map(({ status }) => status)).toEqual(['completed', 'completed']);
  });

  test('attended, and then blind by the third', async () => {
    const { outside, ours } = await talking();
    const second = await dials('101', '102');
    const third = dialled().leg;
    await answers(third);
    await answers(second);
    await asks(ours, '102', { replaces: second });
    await ends(ours);
    await ends(second);
    await asks(third, '103');
    const fourth = dialled().leg;
    expect(dialled()).toMatchObject({ to: { phone: phones['103'] } });
    await answers(fourth);
    await ends(third);
    expect(isHungUp(outside)).toBe(false);
    expect(sent('bridge').at(-1)).toEqual({ kind: 'bridge', leg: outside, with: fourth });
    await ends(outside);
    expect(isHungUp(fourth)).toBe(true);
  });

  test('parked, and fetched by another phone', async () => {
    const { outside, ours } = await talking();
    await asks(ours, '*68');
    await world.run(5000);
    expect(progress()).toEqual([200]);
    await ends(ours);
    expect(isHungUp(outside)).toBe(false);
    const nobody = await dials('103', '702');
    expect(refusalOf(nobody)).toBe(404);
    const fetching = await dials('102', '701');
    expect(sent('answer').at(-1)).toEqual({ kind: 'answer', leg: fetching });
    await answers(fetching);
    expect(sent('bridge').at(-1)).toEqual({ kind: 'bridge', leg: outside, with: fetching });
    await ends(fetching);
    expect(isHungUp(outside)).toBe(true);
    await ends(outside, 'hangup', 'us');
    const row = (await calls()).find(({ from_number }) => from_number === THEIRS);
    expect(row).toMatchObject({ status: 'completed' });
    expect((await stepsOf(row!.id)).filter((type) => type === 'call_park')).toHaveLength(2);
  });

  test('parked in the place that the phone was told', async () => {
    const { outside, ours } = await talking();
    const place = await dials('101', '*68');
    await answers(place);
    await heard(place);
    await asks(ours, '*68', { replaces: place });
    expect(progress()).toEqual([200]);
    await ends(ours);
    await ends(place);
    const fetching = await dials('102', '701');
    await answers(fetching);
    expect(sent('bridge').at(-1)).toEqual({ kind: 'bridge', leg: outside, with: fetching });
  });

  test('parked, and fetched by nobody: it rings back at whoever parked it, and waits again', async () => {
    const { outside, ours } = await talking();
    await asks(ours, '*68');
    await world.run(5000);
    await ends(ours);
    const before = sent('dial').length;
    await world.runUntil('the phone rings again', () => sent('dial').length > before);
    expect(dialled()).toMatchObject({ to: { phone: phones['101'] } });
    await ends(dialled().leg, 'no_answer');
    const fetching = await dials('102', '701');
    await answers(fetching);
    expect(sent('bridge').at(-1)).toEqual({ kind: 'bridge', leg: outside, with: fetching });
  });

  test.each(['*8', '**101'])('picked up while it rings, by %s', async (code) => {
    const carrier = await trunk();
    await routeTo({ type: 'phone', id: '101' });
    await says({ kind: 'leg.incoming', leg: 'o', origin: { kind: 'trunk', trunk: carrier }, from: THEIRS, to: OURS });
    const ringing = dialled().leg;
    const taker = await dials('102', code);
    expect(sent('hangup')).toContainEqual({
      kind: 'hangup',
      leg: ringing,
      sipCode: 200,
      reason: 'Call completed elsewhere',
    });
    await answers(taker);
    await answers('o');
    expect(sent('bridge').at(-1)).toEqual({ kind: 'bridge', leg: 'o', with: taker });
    await ends(ringing, 'canceled', 'us');
    await ends(taker);
    await ends('o', 'hangup', 'us');
    const row = (await calls()).find(({ from_number }) => from_number === THEIRS);
    expect(row).toMatchObject({ status: 'completed', result: 'answered', picked_up_by: '102' });
    expect(await stepsOf(row!.id)).toContain('call_pickup');
  });

  test('picked up by a phone that names the leg, and taken over while it is spoken (Replaces)', async () => {
    const carrier = await trunk();
    await routeTo({ type: 'phone', id: '101' });
    await says({ kind: 'leg.incoming', leg: 'o', origin: { kind: 'trunk', trunk: carrier }, from: THEIRS, to: OURS });
    const taker = await dials('102', '101', { replaces: dialled().leg });
    await answers(taker);
    await answers('o');
    expect(sent('bridge').at(-1)).toEqual({ kind: 'bridge', leg: 'o', with: taker });
    const second = await dials('103', '102', { replaces: taker });
    await answers(second);
    expect(sent('bridge').at(-1)).toEqual({ kind: 'bridge', leg: 'o', with: second });
    expect(isHungUp(taker)).toBe(true);
    await ends(taker, 'hangup', 'us');
    expect(isHungUp('o')).toBe(false);
    const late = await dials('101', '102', { replaces: taker });
    expect(refusalOf(late)).toBe(481);
  });

  test('there is nothing to pick up', async () => {
    const taker = await dials('102', '*8');
    expect(refusalOf(taker)).toBe(404);
    await ends(taker, 'canceled', 'us');
  });

  test('whoever is put on hold hears the account’s music', async () => {
    const { outside, ours } = await talking();
    await says({ kind: 'hold', leg: ours, on: true });
    expect(sent('hold')).toEqual([{ kind: 'hold', leg: outside, on: true }]);
    await says({ kind: 'hold', leg: ours, on: false });
    expect(sent('hold').at(-1)).toEqual({ kind: 'hold', leg: outside, on: false });
    const { account, core } = world;
    const change = { accountId: account.id, mode: 'live', author: 'test', summary: 'test' } as const;
    await changeRouting(core, change, (draft) => {
      draft.put('settings', 0, { ...DEFAULT_SETTINGS, holdMusic: { text: 'One moment please.' } });
      return Promise.resolve();
    });
    await ends(outside);
    await ends(ours, 'hangup', 'us');
    const next = await dials('102', '103');
    await answers(dialled().leg);
    await answers(next);
    await says({ kind: 'hold', leg: next, on: true });
    expect(sent('play').at(-1)).toMatchObject({ leg: dialled().leg, loop: true });
    await says({ kind: 'hold', leg: next, on: false });
    expect(engine.commands.at(-1)).toEqual({ kind: 'stop', leg: dialled().leg });
  });
});
