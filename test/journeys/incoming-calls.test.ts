import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAccount, setLimit } from '#core/accounts/index.js';
import { reconcileDeadNodes } from '#core/calls/index.js';
import { erasePerson } from '#core/contacts/index.js';
import { addNumber, removeNumber } from '#core/numbers/index.js';
import { addTrunk } from '#core/trunks/index.js';
import { SpeechError, type TextToSpeech } from '#speech/tts.js';
import type { CallerEvidence, EngineCommand } from '#voice/engine.js';
import { ScriptedEngine } from '../business.js';
import { HeldClock } from '../held-clock.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { openToneSpeech } from '../tone-speech.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

/** Somebody calls a number that automated calls come from, and hears who it was and how to stop it (rule 5). */
let world: World;
let receiver: Receiver;

type Row = Record<string, unknown>;

async function callsIn(key = world.keys.test): Promise<Row[]> {
  const { body } = await world.request('GET', '/api/v1/calls?direction=in', { key });
  return body['calls'] as Row[];
}

async function story(id: unknown, key = world.keys.test): Promise<Row> {
  return (await world.request('GET', `/api/v1/calls/${String(id)}`, { key })).body;
}

afterEach(async () => {
  expect(await world.violations()).toEqual([]);
  await world.close();
  await receiver.close();
});

describe('with a test key, somebody who did not answer', () => {
  beforeEach(async () => {
    world = await openWorld();
    receiver = await openReceiver();
  });

  /** Calls, waits for the call back, and gives it when it is over. */
  async function calledBack(to: string): Promise<Row> {
    const body = {
      ...{ to, from: SANDBOX_NUMBER, message: 'Hello.', dtmf: { '9': { action: 'optout' } } },
      ...{ webhook_url: `${receiver.url}/told`, metadata: { order: 4711 } },
    };
    expect((await world.request('POST', '/api/v1/calls', { body })).status).toBe(201);
    await world.runUntil('the call back', async () => (await callsIn()).some((call) => call['completed_at'] !== null));
    await world.settle();
    return story((await callsIn())[0]?.['call_id']);
  }

  test('calls back, hears who it was, presses the key and is not called again', async () => {
    const call = await calledBack('+15005550032');
    expect(call).toMatchObject({
      ...{ direction: 'in', from: '+15005550032', to: SANDBOX_NUMBER, status: 'completed', live: false },
      ...{ digits: '9', dtmf_response: '9', dialed_at: null, attempts: 1, error: null, metadata: { order: 4711 } },
      message: 'This is Test account. We called you from this number. To stop these calls, press 9 at any time.',
    });
    expect((call['events'] as Row[]).map(({ event }) => event)).toEqual([
      ...['call.ringing', 'call.answered', 'call.dtmf', 'contact.optout', 'call.completed'],
    ]);
    const told = receiver.received.filter(({ body }) => body['call_id'] === call['call_id']);
    expect(told.map(({ path }) => path)).toEqual(['/told']);
    expect(told[0]?.body).toMatchObject({
      ...{ event: 'contact.optout', to: '+15005550032', from: SANDBOX_NUMBER, source: 'key', digit: '9' },
      metadata: { order: 4711 },
    });
    const again = { to: '+15005550032', from: SANDBOX_NUMBER, message: 'Hello again.' };
    expect((await world.request('POST', '/api/v1/calls', { body: again })).status).toBe(403);
    expect((await world.request('POST', '/api/v1/calls', { body: again, key: world.keys.live })).status).toBe(201);
    expect(
      (await world.request('GET', `/api/v1/calls/${String(call['call_id'])}`, { key: world.keys.live })).status,
    ).toBe(404);
  });

  test('without showing a number is told so, and the key does nothing', async () => {
    const call = await calledBack('+15005550033');
    expect(call).toMatchObject({ from: 'anonymous', status: 'completed', digits: '9', dtmf_response: null });
    expect(call['message']).toContain('We cannot see the number that you are calling from.');
    expect(receiver.events('contact.optout')).toEqual([]);
    expect((await world.request('GET', '/api/v1/dnc')).body['optouts']).toEqual([]);
  });

  test('is found in both lists of calls, by direction', async () => {
    await calledBack('+15005550032');
    const { body } = await world.request('GET', '/api/v1/calls?direction=out');
    expect((body['calls'] as Row[]).map(({ direction, to }) => [direction, to])).toEqual([['out', '+15005550032']]);
    const period = 'period=today';
    const { body: history } = await world.request('GET', `/v1/calls?${period}`);
    expect((history['data'] as Row[]).map(({ type, client, diversion }) => [type, client, diversion])).toEqual([
      ['in', '+15005550032', SANDBOX_NUMBER],
      ['out', '+15005550032', SANDBOX_NUMBER],
    ]);
    expect((await world.request('GET', '/api/v1/calls?direction=sideways')).body).toMatchObject({
      error: { field: 'direction' },
    });
  });
});

describe('a call from a trunk', () => {
  const ANN = '+12125550100';
  const BOB = '+12125550111';
  let engine: ScriptedEngine;
  let trunk: string;
  let legs: number;
  let isMute: boolean;
  /** Of the legs that came in, in order. */
  let told: Record<string, string[]>;

  beforeEach(async () => {
    engine = new ScriptedEngine();
    legs = 0;
    told = {};
    const answered = new Set<string>();
    // Whoever we call is busy; whoever calls us is answered, and listens.
    engine.onCommand = (command) => {
      note(command);
      const { kind } = command;
      if (kind === 'dial')
        engine.emit({ kind: 'leg.ended', leg: command.leg, cause: 'busy', by: 'them', sipCode: 486 });
      if (kind === 'answer') {
        answered.add(command.leg);
        engine.emit({ kind: 'leg.answered', leg: command.leg, sipCode: 200 });
      }
      if (kind === 'hangup') {
        const cause = answered.has(command.leg) ? 'hangup' : 'canceled';
        engine.emit({ kind: 'leg.ended', leg: command.leg, cause, by: 'us', sipCode: command.sipCode ?? 200 });
      }
    };
    isMute = false;
    const tone = openToneSpeech();
    const tts: TextToSpeech = {
      ...tone,
      synthesize: (...asked) => (isMute ? Promise.reject(new SpeechError('no breath')) : tone.synthesize(...asked)),
    };
    world = await openWorld({ live: () => engine, tts });
    receiver = await openReceiver();
    trunk = await newTrunk('carrier');
  });

  function note(command: EngineCommand): void {
    if (!('leg' in command) || !command.leg.startsWith('in_')) return;
    const what = command.kind === 'hangup' && command.sipCode !== undefined ? String(command.sipCode) : command.kind;
    (told[command.leg] ??= []).push(what);
  }

  async function newTrunk(name: string, more: { accountId?: string; channels?: number } = {}): Promise<string> {
    const uri = 'sip:127.0.0.1:5099';
    const added = await addTrunk(world.core, {
      name,
      uri,
      sipHost: '127.0.0.1',
      actor: 'test',
      callsPerSecond: 100,
      ...more,
    });
    return added.id;
  }

  /** We call somebody, who is busy. */
  async function weCalled(to: string, more: object = {}): Promise<void> {
    const body = { to, from: SANDBOX_NUMBER, message: 'Hello.', ...more };
    const reply = await world.request('POST', '/api/v1/calls', { body, key: world.keys.live });
    expect(reply.status, JSON.stringify(reply.body)).toBe(201);
    await world.runUntil(
      'its end',
      async () => (await story(reply.body['call_id'], world.keys.live))['completed_at'] !== null,
    );
  }

  async function comesIn(
    from: string,
    more: { to?: string; caller?: CallerEvidence; trunk?: string } = {},
  ): Promise<string> {
    const { to = SANDBOX_NUMBER, caller, trunk: through = trunk } = more;
    const leg = `in_${(legs += 1)}`;
    const origin = { kind: 'trunk', trunk: through } as const;
    engine.emit({ kind: 'leg.incoming', leg, origin, from, to, ...(caller === undefined ? {} : { caller }) });
    await world.settle();
    return leg;
  }

  /** What is being played on the leg has been heard to its end. */
  async function heard(leg: string): Promise<void> {
    const plays = engine.commands.filter((command) => command.kind === 'play' && command.leg === leg);
    const last = plays.at(-1);
    if (last?.kind !== 'play') throw new Error('nothing was played');
    engine.emit({ kind: 'job.done', leg, job: last.job, outcome: 'completed', durationMs: 1000 });
    await world.settle();
  }

  function press(leg: string, digit: string): void {
    engine.emit({ kind: 'dtmf', leg, digit, via: 'rfc4733', durationMs: 100 });
  }

  const live = (): Promise<Row[]> => callsIn(world.keys.live);

  async function optOuts(): Promise<unknown[]> {
    const { body } = await world.request('GET', '/api/v1/dnc', { key: world.keys.live });
    return (body['optouts'] as Row[]).map(({ phone }) => phone);
  }

  test('rings, is answered, hears the message twice with ten seconds for a key, and is hung up', async () => {
    await weCalled(ANN);
    const leg = await comesIn(ANN);
    expect(told[leg]).toEqual(['ring', 'answer', 'play']);
    await heard(leg);
    await world.run(9_900);
    expect(told[leg]).toEqual(['ring', 'answer', 'play']);
    await world.run(200);
    expect(told[leg]).toEqual(['ring', 'answer', 'play', 'play']);
    await heard(leg);
    await world.run(10_100);
    expect(told[leg]).toEqual(['ring', 'answer', 'play', 'play', 'hangup']);
    expect(await live()).toMatchObject([
      { status: 'completed', digits: '', error: null, from: ANN, duration_seconds: 20 },
    ]);
    expect(await optOuts()).toEqual([]);
  });

  test('is told the key of the call that is called back, and no other key does anything', async () => {
    await weCalled(ANN, { dtmf: { '7': { action: 'optout', say: 'Goodbye then.' }, '1': { action: 'repeat' } } });
    await weCalled(BOB, { dtmf: { '5': { action: 'optout' } } });
    const leg = await comesIn(ANN);
    expect((await story((await live())[0]?.['call_id'], world.keys.live))['message']).toContain('press 7');
    for (const digit of ['1', '5', '9', '#']) press(leg, digit);
    await world.settle();
    expect(await optOuts()).toEqual([]);
    press(leg, '7');
    await world.settle();
    expect(await optOuts()).toEqual([ANN]);
    await heard(leg);
    expect(await live()).toMatchObject([{ status: 'completed', digits: '159#7', dtmf_response: '7' }]);
  });

  test('that presses the key twice opts out once', async () => {
    await weCalled(ANN, { webhook_url: `${receiver.url}/told` });
    const leg = await comesIn(ANN);
    press(leg, '9');
    press(leg, '9');
    await world.settle();
    await heard(leg);
    expect(await optOuts()).toEqual([ANN]);
    expect(receiver.events('contact.optout')).toHaveLength(1);
    // Of the call itself nobody is told: there is no word for one that came in.
    expect(
      receiver.received.filter(
        ({ body }) => body['call_id'] === (receiver.events('contact.optout')[0] ?? {})['call_id'],
      ),
    ).toHaveLength(1);
  });

  test('of somebody we never called is answered too', async () => {
    await weCalled(ANN, { webhook_url: `${receiver.url}/told`, metadata: { of: 'Ann' } });
    const leg = await comesIn(BOB);
    const call = await story((await live())[0]?.['call_id'], world.keys.live);
    expect(call['message']).toMatch(/^This is Test account\. Automated calls are made from this number\./);
    expect(call['metadata']).toBeNull();
    press(leg, '9');
    await world.settle();
    expect(await optOuts()).toEqual([BOB]);
    // The webhook of Ann's call is not for what Bob does.
    expect(receiver.events('contact.optout')).toEqual([]);
    await heard(leg);
  });

  test.each<[what: string, from: string, caller: CallerEvidence | undefined]>([
    ['withholds the number', ANN, { private: true, asserted: ANN }],
    ['shows none', 'anonymous', undefined],
    ['shows a forged one', ANN, { verstat: 'TN-Validation-Failed' }],
  ])('whose caller %s opts nobody out', async (_what, from, caller) => {
    await weCalled(ANN);
    const leg = await comesIn(from, caller === undefined ? {} : { caller });
    press(leg, '9');
    await world.settle();
    expect(await optOuts()).toEqual([]);
    await heard(leg);
    expect(told[leg]).toEqual(['ring', 'answer', 'play', 'hangup']);
    expect(await live()).toMatchObject([{ status: 'completed', dtmf_response: null }]);
    const { body } = await world.request('GET', '/api/v2/call-history', { key: world.keys.live });
    expect(body['data']).toMatchObject([{ callerVerification: caller?.verstat ?? null }]);
  });

  test('is hung up on by its caller, before the answer and after it', async () => {
    await weCalled(ANN);
    engine.onCommand = (command) => {
      note(command);
      if (command.kind === 'ring') {
        engine.emit({ kind: 'leg.ended', leg: command.leg, cause: 'canceled', by: 'them', sipCode: 487 });
      }
    };
    await comesIn(ANN);
    expect(await live()).toMatchObject([{ status: 'no_answer', answered_at: null, error: { code: 'caller_hung_up' } }]);
    engine.onCommand = (command) => {
      if (command.kind === 'answer') engine.emit({ kind: 'leg.answered', leg: command.leg, sipCode: 200 });
    };
    const leg = await comesIn(ANN);
    engine.emit({ kind: 'leg.ended', leg, cause: 'hangup', by: 'them', sipCode: 200 });
    await world.settle();
    expect((await live())[0]).toMatchObject({ status: 'completed', error: { code: 'caller_hung_up' } });
  });

  test('that cannot be spoken to is refused, and the call says why', async () => {
    await weCalled(ANN);
    isMute = true;
    expect(told[await comesIn(ANN)]).toEqual(['ring', '480']);
    expect(await live()).toMatchObject([{ status: 'failed', answered_at: null, error: { code: 'speech_failed' } }]);
  });

  test('can be canceled', async () => {
    await weCalled(ANN);
    const leg = await comesIn(ANN);
    const path = `/api/v1/calls/${String((await live())[0]?.['call_id'])}/cancel`;
    expect((await world.request('POST', path, { key: world.keys.live })).status).toBe(200);
    await world.settle();
    expect(told[leg]?.slice(0, 4)).toEqual(['ring', 'answer', 'play', 'hangup']);
    expect(await live()).toMatchObject([{ status: 'completed', cancel_requested: true }]);
  });

  test('leads nowhere where nobody was called from the number, or long ago, or only with a code', async () => {
    expect(told[await comesIn(ANN)]).toEqual(['480']);
    await weCalled(ANN);
    expect(told[await comesIn(ANN, { to: '+18005550199' })]).toEqual(['480']);
    if (world.clock instanceof HeldClock) world.clock.advance(90 * 86_400_000 + 1000);
    await world.settle();
    expect(told[await comesIn(ANN)]).toEqual(['480']);
    expect(await live()).toEqual([]);
    await world.core.db
      .updateTable('calls')
      .set({ purpose: 'verification', dialing_at: new Date(world.clock.now()) })
      .execute();
    expect(told[await comesIn(ANN)]).toEqual(['480']);
  });

  test('reaches the account that has the number now, through its own trunks and everybody’s', async () => {
    const other = await createAccount(world.core, { name: 'Other', actor: 'test' });
    const theirs = await newTrunk('theirs', { accountId: other.id });
    const ours = await newTrunk('ours', { accountId: world.account.id });
    await weCalled(ANN);
    expect(told[await comesIn(ANN, { trunk: theirs })]).toEqual(['480']);
    expect(told[await comesIn(ANN, { trunk: 'no_such_trunk' })]).toEqual(['480']);
    expect(told[await comesIn(ANN, { trunk: ours })]).toEqual(['ring', 'answer', 'play']);
    const moved = { number: SANDBOX_NUMBER, mode: 'live', actor: 'test' } as const;
    await removeNumber(world.core, { ...moved, accountId: world.account.id });
    expect(told[await comesIn(ANN)]).toEqual(['480']);
    await addNumber(world.core, { ...moved, accountId: other.id });
    expect(told[await comesIn(ANN)]).toEqual(['480']);
  });

  test('is one of 50 at once: as many are answered as the account and half of the trunk take, and calls still go out', async () => {
    await weCalled(ANN);
    const people = Array.from({ length: 50 }, (_, index) => `+1212555${String(1000 + index)}`);
    const count = async (through: string): Promise<Record<string, number>> => {
      const taken = await Promise.all(people.map((from) => comesIn(from, { trunk: through })));
      await world.settle();
      const last = taken.map((leg) => told[leg]?.at(-1) ?? '');
      return {
        answered: last.filter((what) => what === 'play').length,
        busy: last.filter((what) => what === '486').length,
      };
    };
    expect(await count(trunk)).toEqual({ answered: 5, busy: 45 });
    const wide = await newTrunk('wide', { channels: 200 });
    expect(await count(wide)).toEqual({ answered: 15, busy: 35 });
    const limited = { accountId: world.account.id, name: 'incoming_calls', value: 30, actor: 'test' } as const;
    await setLimit({ ...world.core, keyRing: world.platform.keyRing }, limited);
    expect(await count(wide)).toEqual({ answered: 10, busy: 40 });
    // Neither the account's calls at once nor the trunk's other half are taken.
    await setLimit(
      { ...world.core, keyRing: world.platform.keyRing },
      { ...limited, name: 'concurrent_calls', value: 1 },
    );
    await weCalled(BOB);
  });

  test('is refused while the server stops; one that is answered may end by itself', async () => {
    await weCalled(ANN);
    const leg = await comesIn(ANN);
    const drained = world.platform.conductor.drain(5_000);
    expect(told[await comesIn(BOB)]).toEqual(['503']);
    await world.run(5_000);
    await drained;
    expect(told[leg]).toEqual(['ring', 'answer', 'play', 'hangup']);
    expect(await live()).toMatchObject([{ status: 'completed', error: { code: 'server_stopped' } }]);
  });

  test('ends as lost when its process dies', async () => {
    await weCalled(ANN);
    const leg = await comesIn(ANN);
    await world.core.db.updateTable('calls').set({ node_id: 999_999 }).where('direction', '=', 'in').execute();
    await reconcileDeadNodes(world.core);
    expect(await live()).toMatchObject([{ status: 'failed', error: { code: 'node_lost' } }]);
    engine.emit({ kind: 'leg.ended', leg, cause: 'hangup', by: 'them', sipCode: 200 });
    await world.settle();
    expect(await live()).toMatchObject([{ status: 'failed', error: { code: 'node_lost' } }]);
  });

  test('is forgotten with its caller', async () => {
    await weCalled(ANN);
    const leg = await comesIn(ANN);
    press(leg, '9');
    await world.settle();
    const whom = { accountId: world.account.id, mode: 'live', phone: ANN, actor: 'test' } as const;
    await expect(erasePerson(world.core, whom)).rejects.toMatchObject({ code: 'contact.in_use' });
    await heard(leg);
    await erasePerson(world.core, whom);
    expect(await live()).toMatchObject([{ from: 'erased', to: SANDBOX_NUMBER, digits: '' }]);
  });
});
