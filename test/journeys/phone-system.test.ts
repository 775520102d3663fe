import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAccount, createKey } from '#core/accounts/index.js';
import { blockNumber } from '#core/blocked-numbers/index.js';
import { DEFAULT_SETTINGS, type Destination, type RoutingBodies } from '#core/call-flow/index.js';
import { erasePerson } from '#core/contacts/index.js';
import { addNumber } from '#core/numbers/index.js';
import { changeRouting, type RoutingDraft } from '#core/routing/index.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

/** Calls that reach people, in the sandbox: somebody is called who does not answer, and who calls back. */
let world: World;

beforeEach(async () => {
  world = await openWorld();
});

afterEach(async () => {
  expect(await world.violations()).toEqual([]);
  const { core } = world;
  expect(await core.db.selectFrom('trunk_seats').selectAll().execute()).toEqual([]);
  await world.close();
});

/** Calls back and speaks for a minute; and presses a key. */
const LISTENS = '+15005550034';
const PRESSES_2 = '+15005550036';
const LEAVES_SOON = '+15005550037';

/** Phones of the sandbox are simulated numbers. */
const ANSWERS = '+15005550100';
const HANGS_UP = '+15005550026';
const BUSY = '+15005550020';
const DECLINES = '+15005550021';
const RINGS_ON = '+15005550022';

async function route(change: (draft: RoutingDraft) => Promise<Destination>): Promise<void> {
  const { core, account } = world;
  const owner = { accountId: account.id, mode: 'test' } as const;
  const { id } = await core.db
    .selectFrom('numbers')
    .select('id')
    .where('account_id', '=', account.id)
    .where('mode', '=', 'test')
    .where('number', '=', SANDBOX_NUMBER)
    .executeTakeFirstOrThrow();
  await changeRouting(core, { ...owner, author: 'test', summary: 'test' }, async (draft) => {
    const destination = await change(draft);
    draft.put('number', id, { description: '', destination, record: null, welcome: null });
  });
}

const extension = (number: string, phone: string, more: Partial<RoutingBodies['extension']> = {}) => ({
  ...{ number, name: `Extension ${number}`, userId: null, destination: { type: 'phone', id: phone } as const },
  ...{ ringSeconds: 10, noAnswer: null, inDirectory: true },
  ...more,
});

/** The call back, once it is over, and its steps. */
async function calledBack(from: string) {
  const body = { to: from, from: SANDBOX_NUMBER, message: 'Hello.', ring_timeout_seconds: 10 };
  expect((await world.request('POST', '/api/v1/calls', { body })).status).toBe(201);
  const { db } = world.core;
  const incoming = () => db.selectFrom('calls').selectAll().where('direction', '=', 'in').executeTakeFirst();
  await world.runUntil('the end of the call back', async () => (await incoming())?.ended_at instanceof Date);
  await world.runUntil('quiet', () => world.platform.conductor.active === 0);
  const call = (await incoming())!;
  const steps = await db
    .selectFrom('call_steps')
    .selectAll()
    .where('call_id', '=', call.id)
    .orderBy('position')
    .execute();
  const events = await db.selectFrom('events').select('type').where('subject', '=', call.id).orderBy('id').execute();
  return { call, steps, events: events.map(({ type }) => type) };
}

const menuOf = (options: RoutingBodies['menu']['options']): RoutingBodies['menu'] => ({
  ...{ name: 'Main', greeting: { text: 'Welcome.' }, options, directDial: false, timeoutSeconds: 10, repeats: 1 },
  ...{ onTimeout: { type: 'hangup' }, onInvalid: { type: 'hangup' } },
});

const groupOf = (
  strategy: RoutingBodies['ring_group']['strategy'],
  devices: number[],
): RoutingBodies['ring_group'] => ({
  ...{ name: 'Sales', strategy, retryAfterSeconds: 5, maxHoldSeconds: 60, maxAttempts: 2, callerId: null },
  ...{ holdMusic: null, destination: { type: 'hangup' } },
  members: devices.map((deviceId, at) => ({
    deviceId,
    enabled: true,
    scheduleId: null,
    position: at + 1,
    ringSeconds: 5,
  })),
});

const steps = (past: { steps: { type: string }[] }): string[] => past.steps.map(({ type }) => type);

describe('a call to a routed number', () => {
  test('rings an extension, and both speak until the caller leaves', async () => {
    await route(async (draft) => ({
      type: 'extension',
      id: await draft.create('extension', extension('101', ANSWERS)),
    }));
    const past = await calledBack(LISTENS);
    expect(past.call).toMatchObject({
      ...{ direction: 'in', purpose: 'person', status: 'completed', reason: 'caller_hung_up', result: 'answered' },
      ...{ from_number: LISTENS, to_number: SANDBOX_NUMBER, picked_up_by: ANSWERS },
    });
    expect(past.call.updated_at).toEqual(past.call.ended_at);
    // It rings for two seconds without an answer of ours.
    expect(past.call.answered_at!.getTime() - past.call.created_at.getTime()).toBeGreaterThanOrEqual(2000);
    expect(steps(past)).toEqual(['virtual_number', 'user_extension', 'answered', 'hangup']);
    expect(past.events).toEqual(['call.ringing', 'call.answered', 'call.completed']);
  });

  test('whose person hangs up is over, and says who did', async () => {
    await route(async (draft) => ({
      type: 'extension',
      id: await draft.create('extension', extension('101', HANGS_UP)),
    }));
    const past = await calledBack(LISTENS);
    expect(past.call).toMatchObject({ status: 'completed', reason: 'callee_hung_up', result: 'answered' });
    expect(past.steps.at(-1)).toMatchObject({ type: 'hangup', description: 'Extension 101 (101) hung up' });
  });

  test.each([
    [BUSY, 'busy', 'busy', 486],
    [DECLINES, 'rejected', 'rejected', 603],
    [RINGS_ON, 'no_answer', 'ring_timeout', 480],
  ])('that nobody takes at %s ends %s without our answer', async (phone, status, reason, sipCode) => {
    await route(async (draft) => ({ type: 'extension', id: await draft.create('extension', extension('101', phone)) }));
    const past = await calledBack(LISTENS);
    expect(past.call).toMatchObject({ status, reason, sip_code: sipCode, answered_at: null, result: 'missed' });
    expect(past.events).toEqual(['call.ringing', 'call.no_answer']);
  });

  test('walks menu, key and group in sequence until somebody takes it', async () => {
    await route(async (draft) => {
      const busy = await draft.create('extension', extension('101', RINGS_ON));
      const anna = await draft.create('extension', extension('102', ANSWERS));
      const group = await draft.create('ring_group', groupOf('sequence', [busy, anna]));
      const sales: RoutingBodies['menu']['options'][number] = {
        ...{ digit: '2', label: 'Sales', enabled: true },
        destination: { type: 'ring_group', id: group },
      };
      return { type: 'menu', id: await draft.create('menu', menuOf([sales])) };
    });
    const past = await calledBack(PRESSES_2);
    expect(past.call).toMatchObject({ status: 'completed', result: 'answered', picked_up_by: ANSWERS });
    expect(past.steps.map(({ description }) => description)).toEqual([
      `Number ${SANDBOX_NUMBER}`,
      'Menu "Main"',
      'Menu "Main": key 2, Sales',
      'Ring group "Sales"',
      'Extension 101 (101): rings for 5 s',
      'Extension 101 (101): no answer',
      'Extension 102 (102): rings for 5 s',
      'Answered: Extension 102 (102)',
      'The caller hung up',
    ]);
  });

  test('that hangs up before anybody is rung is a hang-up', async () => {
    await route(async (draft) => ({ type: 'menu', id: await draft.create('menu', menuOf([])) }));
    const past = await calledBack(LEAVES_SOON);
    expect(past.call).toMatchObject({ status: 'completed', reason: 'caller_hung_up', result: 'hangup' });
  });
});

describe('a mailbox', () => {
  const mailbox = (more: Partial<RoutingBodies['mailbox']> = {}): RoutingBodies['mailbox'] => ({
    ...{ name: 'Sales', userId: null, greeting: null, maxSeconds: 60, silenceSeconds: 5, transcribe: false },
    ...{ emails: [], attachAudio: false },
    ...more,
  });

  test('takes a message when the group has not answered, which is missed and told of once', async () => {
    await route(async (draft) => {
      const devices = [await draft.create('extension', extension('101', RINGS_ON))];
      const destination = { type: 'voicemail', id: await draft.create('mailbox', mailbox()) } as const;
      return { type: 'ring_group', id: await draft.create('ring_group', { ...groupOf('all', devices), destination }) };
    });
    const past = await calledBack(LISTENS);
    expect(past.call).toMatchObject({ status: 'completed', result: 'missed', picked_up_by: null });
    expect(steps(past)).toContain('voicemail');
    expect(steps(past)).not.toContain('answered');
    const { db } = world.core;
    await world.run(1000);
    expect(await db.selectFrom('voice_messages').selectAll().execute()).toMatchObject([
      { call_id: past.call.id, caller_number: LISTENS, phone_number: SANDBOX_NUMBER },
    ]);
    const told = await db.selectFrom('events').select('type').where('type', '=', 'voicemail.received').execute();
    expect(told).toHaveLength(1);
  });

  test('keeps what a caller said who hung up in the middle of it', async () => {
    await route(async (draft) => ({
      type: 'voicemail',
      id: await draft.create('mailbox', mailbox({ greeting: { text: 'Yes?' } })),
    }));
    const past = await calledBack(LEAVES_SOON);
    expect(past.call).toMatchObject({ status: 'completed', reason: 'caller_hung_up', result: 'missed' });
    await world.run(1000);
    expect(await world.core.db.selectFrom('voice_messages').select('call_id').execute()).toEqual([
      { call_id: past.call.id },
    ]);
  });
});

describe('a number elsewhere', () => {
  const forwarding = (number: string, announce: boolean) => ({
    ...{ number, description: 'Mobile', announce, transferCode: null, ringSeconds: 20, noAnswer: null },
  });

  async function forwardTo(number: string, announce = true): Promise<void> {
    await route(async (draft) => ({
      type: 'forwarding_number',
      id: await draft.create('forwarding_number', forwarding(number, announce)),
    }));
  }

  test('takes the call by key', async () => {
    await forwardTo('+15005550001');
    const past = await calledBack(LISTENS);
    expect(past.call).toMatchObject({ status: 'completed', result: 'answered', picked_up_by: '+15005550001' });
  });

  test.each([
    ['another key', '+15005550002', 'rejected'],
    ['a mailbox', '+15005550040', 'no_answer'],
  ])('does not take it by %s', async (_what, number, status) => {
    await forwardTo(number);
    const past = await calledBack(LISTENS);
    expect(past.call).toMatchObject({ status, answered_at: null, result: 'missed' });
  });

  test('takes it at once where nobody is asked', async () => {
    await forwardTo('+15005550040', false);
    const past = await calledBack(LISTENS);
    expect(past.call).toMatchObject({ status: 'completed', result: 'answered' });
  });
});

describe('a caller', () => {
  const toAnna = () =>
    route(async (draft) => ({ type: 'extension', id: await draft.create('extension', extension('101', ANSWERS)) }));

  test('who is blocked is turned away, and the account sees it', async () => {
    await toAnna();
    const { core, account } = world;
    await blockNumber(core, { accountId: account.id, mode: 'test', number: LISTENS, actor: 'test' });
    const past = await calledBack(LISTENS);
    expect(past.call).toMatchObject({ status: 'rejected', reason: 'rejected', sip_code: 603, result: 'missed' });
    expect(steps(past)).toEqual(['blocked']);
  });

  test('who is erased leaves no name, no number and no steps', async () => {
    await toAnna();
    const { call } = await calledBack(LISTENS);
    const { core, account } = world;
    await erasePerson(core, { accountId: account.id, mode: 'test', phone: LISTENS, actor: 'test' });
    const after = await core.db.selectFrom('calls').selectAll().where('id', '=', call.id).executeTakeFirst();
    expect(after).toMatchObject({ from_number: 'erased', caller_name: null, status: 'completed' });
    expect(await core.db.selectFrom('call_steps').selectAll().execute()).toEqual([]);
  });

  test('is named by the account’s contacts', async () => {
    await toAnna();
    const body = { phone: LISTENS, first_name: 'Ann', last_name: 'Lee' };
    expect((await world.request('POST', '/api/v1/contacts', { body })).status).toBe(201);
    expect((await calledBack(LISTENS)).call).toMatchObject({ caller_name: 'Ann Lee' });
  });

  test('without a number is refused where the account says so', async () => {
    await toAnna();
    const { core, account } = world;
    const owner = { accountId: account.id, mode: 'test' } as const;
    await changeRouting(core, { ...owner, author: 'test', summary: 'test' }, (draft) =>
      draft.put('settings', 0, { ...DEFAULT_SETTINGS, anonymousCallers: 'reject' }),
    );
    const past = await calledBack('+15005550033');
    expect(past.call).toMatchObject({ from_number: 'anonymous', status: 'rejected', result: 'missed' });
  });

  test('of the sandbox reaches the account that called them, also where others own the number and called them since', async () => {
    await toAnna();
    const { core } = world;
    const other = await createAccount(core, { name: 'Other', actor: 'test' });
    await addNumber(core, { accountId: other.id, mode: 'test', number: SANDBOX_NUMBER, actor: 'test' });
    const { secret } = await createKey(core, { accountId: other.id, mode: 'test', actor: 'test' });
    const body = { to: '+15005550033', from: SANDBOX_NUMBER, message: 'Hello.', ring_timeout_seconds: 10 };
    expect((await world.request('POST', '/api/v1/calls', { body })).status).toBe(201);
    // Theirs is the last call to them, and rings still when ours is called back.
    await world.run(8000);
    expect((await world.request('POST', '/api/v1/calls', { key: secret, body })).status).toBe(201);
    const incoming = () => core.db.selectFrom('calls').selectAll().where('direction', '=', 'in').execute();
    await world.runUntil('a call back', async () => (await incoming()).length > 0);
    expect(await incoming()).toMatchObject([{ account_id: world.account.id, from_number: 'anonymous' }]);
  });
});
