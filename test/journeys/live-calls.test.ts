import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PhoneSystemSettings } from '#core/call-flow/index.js';
import { addNumber } from '#core/numbers/index.js';
import { setPhone } from '#core/phones/index.js';
import { setAccountPlan, setPlan } from '#core/plans/index.js';
import { emptyMailbox } from '#core/voicemail/index.js';
import { keepMessage } from '#core/voicemail/keep-message.js';
import { Office, OURS, THEIRS } from '../office.js';

/** What becomes of calls between people when something comes in the way of them. */
let office: Office;

beforeEach(async () => {
  office = await Office.open();
});

afterEach(async () => {
  expect(await office.world.violations()).toEqual([]);
  await office.close();
});

/** Somebody outside speaks with 101. */
async function talking(settings: Partial<PhoneSystemSettings> = {}): Promise<{ outside: string; ours: string }> {
  await office.route({ type: 'phone', id: '101' }, settings);
  const outside = await office.comesIn();
  const ours = office.dialled().leg;
  await office.answers(ours);
  return { outside, ours };
}

async function toGroup(
  holdMusic: string | null,
  ringSeconds = 70,
  strategy: 'sequence' | 'round_robin' = 'sequence',
): Promise<void> {
  await office.route({
    type: 'ring_group',
    id: await office.change(async (draft) => {
      const members = [];
      for (const [at, phone] of ['101', '102', '103'].entries()) {
        const deviceId = await draft.create('extension', {
          ...{
            number: `20${at}`,
            name: `Extension 20${at}`,
            userId: null,
            destination: { type: 'phone' as const, id: phone },
          },
          ...{ ringSeconds, noAnswer: null, inDirectory: true },
        });
        members.push({ deviceId, enabled: true, scheduleId: null, position: at + 1, ringSeconds });
      }
      const mailbox = await draft.create('mailbox', {
        ...{ name: 'Sales', userId: null, greeting: null, maxSeconds: 60, silenceSeconds: 5, transcribe: false },
        ...{ emails: [], attachAudio: false },
      });
      return draft.create('ring_group', {
        ...{ name: 'Sales', strategy, members, retryAfterSeconds: 5, maxHoldSeconds: 600, maxAttempts: 1 },
        ...{ callerId: null, holdMusic: holdMusic === null ? null : { text: holdMusic } },
        destination: { type: 'voicemail' as const, id: mailbox },
      });
    }),
  });
}

/** Whoever is rung does not answer, one after the other. */
async function nobodyAnswers(times: number, seconds: number): Promise<void> {
  for (let each = 0; each < times; each++) {
    await office.world.run(seconds * 1000);
    await office.ends(office.dialled().leg, 'no_answer', 'us');
  }
}

describe('a caller for whom telephones ring long', () => {
  test('has our answer before their network gives up, hears them ring on, and reaches the mailbox', async () => {
    await toGroup(null);
    const outside = await office.comesIn();
    await nobodyAnswers(2, 70);
    expect(office.sent('answer')).toEqual([]);
    await office.world.run(10_000);
    expect(office.sent('answer')).toEqual([{ kind: 'answer', leg: outside }]);
    expect(office.playedTo(outside)).toMatchObject([{ loop: true }]);
    await nobodyAnswers(1, 60);
    await office.heard(outside);
    await office.heard(outside);
    expect(office.sent('record')).toMatchObject([{ leg: outside, side: 'in' }]);
    await office.ends(outside);
    expect(await office.calls()).toMatchObject([{ status: 'completed', result: 'missed' }]);
  });

  test('hears the music go on that they heard', async () => {
    await toGroup('One moment please.');
    const outside = await office.comesIn();
    expect(office.playedTo(outside)).toMatchObject([{ loop: true }]);
    await nobodyAnswers(2, 70);
    const before = office.playedTo(outside).length;
    await office.world.run(10_000);
    expect(office.sent('answer')).toEqual([{ kind: 'answer', leg: outside }]);
    expect(office.playedTo(outside)).toHaveLength(before);
    await office.ends(outside);
  });

  test('is answered once, by whoever takes the call first', async () => {
    await talking();
    await office.world.run(200_000);
    expect(office.sent('answer')).toHaveLength(1);
  });
});

describe('a phone that takes part in another call', () => {
  test('and hangs up meanwhile takes nothing: the call rings on, and both are over', async () => {
    await office.route({ type: 'phone', id: '101' });
    const outside = await office.comesIn();
    const ringing = office.dialled().leg;
    const { db } = office.world.core;
    const leaves = (): void => {
      db.transaction = transaction;
      office.engine.emit({ kind: 'leg.ended', leg: '102-2', cause: 'canceled', by: 'them' });
    };
    const transaction = db.transaction.bind(db);
    // While its row is being written.
    db.transaction = () => {
      leaves();
      return transaction();
    };
    expect(await office.dials('102', '*8')).toBe('102-2');
    expect(office.sent('bridge')).toEqual([]);
    expect(office.isHungUp(ringing)).toBe(false);
    await office.ends(outside, 'canceled');
    expect(office.world.platform.conductor.active).toBe(0);
    expect((await office.calls()).map(({ status }) => status)).toEqual(['no_answer', 'no_answer']);
  });

  test('picks up what is being transferred: whoever passed it on is told, and is free', async () => {
    const { outside, ours } = await talking();
    await office.asks(ours, '102');
    const taker = await office.dials('103', '*8');
    expect(office.together()).toEqual(new Set([outside, taker]));
    expect(office.progress()).toEqual([200]);
    await office.world.run(5000);
    expect(office.isHungUp(ours)).toBe(true);
    expect(office.isHungUp(outside)).toBe(false);
  });
});

describe('two calls that were joined', () => {
  async function joined(settings?: Partial<PhoneSystemSettings>): Promise<{ outside: string; third: string }> {
    const { outside, ours } = await talking(settings);
    const second = await office.dials('101', '102');
    const third = office.dialled().leg;
    await office.answers(third);
    await office.asks(ours, '102', { replaces: second });
    await office.ends(ours);
    await office.ends(second);
    expect(office.together()).toEqual(new Set([outside, third]));
    return { outside, third };
  }

  test.each([0, 1])('are both over when one is ended by us', async (which) => {
    const { outside, third } = await joined();
    const call = (await office.calls())[which]!;
    office.world.platform.conductor.hangUp(call.id);
    await office.world.settle();
    expect([office.isHungUp(outside), office.isHungUp(third)]).toEqual([true, true]);
    const calls = await office.calls();
    expect(calls.map(({ status, node_id }) => [status, node_id])).toEqual([
      ['completed', null],
      ['completed', null],
    ]);
  });

  test('are both over when one has lasted as long as a call may', async () => {
    const { outside, third } = await joined({ longestCallSeconds: 300 });
    await office.world.run(300_000);
    expect([office.isHungUp(outside), office.isHungUp(third)]).toEqual([true, true]);
    expect((await office.calls()).map(({ reason }) => reason)).toContain('max_duration');
  });

  test('are told that they have nearly lasted as long as a call may', async () => {
    const { outside, third } = await joined({ longestCallSeconds: 300 });
    const before = [outside, third].map((leg) => office.playedTo(leg).length);
    await office.world.run(275_000);
    expect(office.isHungUp(outside)).toBe(false);
    const after = [outside, third].map((leg) => office.playedTo(leg).length);
    expect(after.map((plays, at) => plays > before[at]!)).toEqual([true, true]);
  });

  test('and then passed on: whoever did so is told, and free, when the other one leaves meanwhile', async () => {
    const { outside, third } = await joined();
    await office.asks(third, '103');
    const ringing = office.dialled().leg;
    await office.ends(outside);
    expect(office.progress().at(-1)).toBe(480);
    expect([office.isHungUp(ringing), office.isHungUp(third)]).toEqual([true, true]);
    await office.ends(ringing, 'canceled', 'us');
    expect((await office.calls()).map(({ node_id }) => node_id)).toEqual([null, null]);
    expect(office.world.platform.conductor.active).toBe(0);
  });
});

describe('parking', () => {
  /** A call in every place. */
  async function allPlacesTaken(): Promise<void> {
    for (let place = 701; place <= 720; place++) await office.dials('103', '*68');
  }

  test('without a free place tells the phone so, and both speak on', async () => {
    const { outside, ours } = await talking();
    await allPlacesTaken();
    await office.asks(ours, '*68');
    await office.world.run(10_000);
    expect(office.progress()).toEqual([486]);
    expect(office.sent('leave')).toEqual([]);
    expect([office.isHungUp(outside), office.isHungUp(ours)]).toEqual([false, false]);
  });

  /** Somebody outside waits in 701, parked by 101. */
  async function parked(): Promise<string> {
    const { outside, ours } = await talking();
    await office.asks(ours, '*68');
    await office.ends(ours);
    return outside;
  }

  async function ringsBack(): Promise<string> {
    const before = office.sent('dial').length;
    await office.world.runUntil('the phone rings again', () => office.sent('dial').length > before);
    return office.dialled().leg;
  }

  test('keeps the place of a call that rings back: no other call gets it', async () => {
    const first = await parked();
    const back = await ringsBack();
    const second = await parked();
    await office.ends(back, 'no_answer', 'us');
    const fetching = await office.dials('102', '701');
    expect(office.together()).toEqual(new Set([first, fetching]));
    const other = await office.dials('103', '702');
    expect(office.together()).toEqual(new Set([second, other]));
  });

  test('a call that rings back is fetched all the same, and its place is free again', async () => {
    const first = await parked();
    const back = await ringsBack();
    const fetching = await office.dials('102', '701');
    expect(office.together()).toEqual(new Set([first, fetching]));
    expect(office.isHungUp(back)).toBe(true);
    const second = await parked();
    const other = await office.dials('103', '701');
    expect(office.together()).toEqual(new Set([second, other]));
  });

  test('a place is free again when the phone that parked the call takes it back', async () => {
    const first = await parked();
    const back = await ringsBack();
    await office.answers(back);
    expect(office.together()).toEqual(new Set([first, back]));
    expect(office.refusalOf(await office.dials('102', '701'))).toBe(404);
  });
});

describe('hold', () => {
  test('taken back before the music is found leaves both in conversation', async () => {
    await office.route(undefined, { holdMusic: { text: 'One moment please.' } });
    const caller = await office.dials('102', '103');
    const callee = office.dialled().leg;
    await office.answers(callee);
    office.engine.emit({ kind: 'hold', leg: caller, on: true });
    office.engine.emit({ kind: 'hold', leg: caller, on: false });
    await office.world.settle();
    expect(office.playedTo(callee)).toEqual([]);
    office.engine.emit({ kind: 'hold', leg: caller, on: true });
    office.engine.emit({ kind: 'hold', leg: caller, on: false });
    office.engine.emit({ kind: 'hold', leg: caller, on: true });
    await office.world.settle();
    expect(office.playedTo(callee)).toMatchObject([{ loop: true }]);
  });
});

describe('a transfer', () => {
  test('reads what is dialled, and shows a number, as the phone’s own calls do', async () => {
    const { core, account } = office.world;
    const british = '+442079460001';
    await addNumber(core, { accountId: account.id, mode: 'live', number: british, actor: 'test' });
    await setPhone(core, { accountId: account.id, name: '101', callerId: british, actor: 'test' });
    const phone = await office.dials('101', THEIRS);
    await office.answers(office.dialled().leg);
    await office.asks(phone, '02079460002');
    expect(office.dialled()).toMatchObject({ to: { number: '+442079460002' }, from: { number: british } });
  });

  test('of somebody whom we called: who hung up is told as it was', async () => {
    const phone = await office.dials('101', THEIRS);
    const outside = office.dialled().leg;
    await office.answers(outside);
    await office.asks(phone, '102');
    await office.answers(office.dialled().leg);
    await office.ends(phone);
    await office.ends(outside);
    const [call] = await office.calls();
    expect(call).toMatchObject({ status: 'completed', reason: 'callee_hung_up' });
    expect((await office.stepsOf(call!.id)).at(-1)).toEqual({ type: 'hangup', description: `${THEIRS} hung up` });
  });
});

describe('a phone that hides its number', () => {
  test.each(['by its settings', 'by a code'])('is hidden also where an extension goes on outside, %s', async (how) => {
    const { core, account } = office.world;
    await setPhone(core, { accountId: account.id, name: '102', forwardTo: '+12125550177', actor: 'test' });
    await setPhone(core, {
      accountId: account.id,
      name: '101',
      hideCallerId: how === 'by its settings',
      actor: 'test',
    });
    await office.dials('101', how === 'by its settings' ? '102' : '*67102');
    expect(office.dialled()).toMatchObject({ to: { number: '+12125550177' }, from: { private: true } });
    expect(office.dialled()).not.toHaveProperty('diversion');
    await setPhone(core, { accountId: account.id, name: '101', hideCallerId: false, actor: 'test' });
    await office.dials('101', '102');
    expect(office.dialled().from).not.toHaveProperty('private');
  });
});

/** Refuses the next question about this table. */
function refuses(table: string): void {
  const { db } = office.world.core;
  const selectFrom = db.selectFrom.bind(db) as (from: unknown) => unknown;
  db.selectFrom = ((from: unknown) => {
    if (from !== table) return selectFrom(from);
    db.selectFrom = selectFrom as typeof db.selectFrom;
    throw new Error('terminated by the test');
  }) as typeof db.selectFrom;
}

describe('a database that fails once', () => {
  test('while phones are looked for: the call rings for nobody, and is over', async () => {
    await office.route({ type: 'phone', id: '101' });
    refuses('phones');
    const outside = await office.comesIn();
    expect(office.sent('dial')).toEqual([]);
    expect(office.isHungUp(outside)).toBe(true);
    expect(await office.calls()).toMatchObject([{ status: 'no_answer', node_id: null }]);
  });

  test('while a call is passed on to a number of ours: it comes back', async () => {
    await toGroup(null, 20, 'round_robin');
    const outside = await office.comesIn();
    const ours = office.dialled().leg;
    await office.answers(ours);
    refuses('ring_group_turns');
    await office.asks(ours, OURS);
    expect(office.progress()).toEqual([503]);
    expect(office.together()).toEqual(new Set([outside, ours]));
  });
});

describe('a recorded call', () => {
  const recorded = () => office.engine.commands.filter(({ kind }) => ['record', 'pause', 'resume'].includes(kind));
  const kinds = () => recorded().map(({ kind }) => kind);
  const notices = (leg: string) => office.playedTo(leg).filter(({ loop }) => loop !== true).length;

  test('is recorded once both have heard the notice to its end', async () => {
    const { outside, ours } = await talking({ record: 'all' });
    expect([notices(outside), notices(ours)]).toEqual([1, 1]);
    await office.heard(ours);
    // A transfer that failed, or a hold that was taken back, stops what is played.
    await office.heard(outside, 'stopped');
    expect(recorded()).toEqual([]);
    expect(notices(outside)).toBe(2);
    await office.heard(outside);
    expect(recorded()).toMatchObject([{ kind: 'record', leg: outside, side: 'mixed' }]);
  });

  test('is not recorded where the notice cannot be said, and the history says so', async () => {
    const { speech } = office.world.core;
    speech.say = () => Promise.reject(new Error('no voice'));
    const { outside } = await talking({ record: 'all' });
    expect([recorded(), office.sent('play')]).toEqual([[], []]);
    await office.ends(outside);
    const [call] = await office.calls();
    expect((await office.stepsOf(call!.id)).filter(({ type }) => type === 'recording')).toEqual([
      { type: 'recording', description: 'The call is not recorded: the notice could not be said' },
    ]);
  });

  test('is not recorded where the notice fails', async () => {
    const { outside, ours } = await talking({ record: 'all' });
    await office.heard(ours);
    await office.heard(outside, 'failed');
    expect(recorded()).toEqual([]);
  });

  test('is recorded at once where everybody’s consent is on record', async () => {
    await talking({ record: 'all', recordConsent: true });
    expect(kinds()).toEqual(['record']);
    expect(office.sent('play')).toEqual([]);
  });

  test('stands still until somebody who comes in has heard the notice', async () => {
    const { outside, ours } = await talking({ record: 'all' });
    await office.heard(ours);
    await office.heard(outside);
    await office.asks(ours, '102');
    const third = office.dialled().leg;
    await office.answers(third);
    expect(kinds()).toEqual(['record', 'pause']);
    expect([notices(outside), notices(third)]).toEqual([1, 1]);
    await office.heard(third);
    expect(kinds()).toEqual(['record', 'pause', 'resume']);
  });

  test('stands still until the third of an attended transfer has heard the notice', async () => {
    const { outside, ours } = await talking({ record: 'all' });
    await office.heard(ours);
    await office.heard(outside);
    const second = await office.dials('101', '102');
    const third = office.dialled().leg;
    await office.answers(third);
    await office.asks(ours, '102', { replaces: second });
    expect(office.together()).toEqual(new Set([outside, third]));
    expect(kinds()).toEqual(['record', 'pause']);
    await office.heard(third);
    expect(kinds()).toEqual(['record', 'pause', 'resume']);
    await office.presses(third, '*');
    await office.presses(third, '1');
    expect(kinds().at(-1)).toBe('pause');
  });

  test('is not recorded before one who holds the call during the notice has heard all of it', async () => {
    const { outside, ours } = await talking({ record: 'all' });
    await office.heard(outside);
    await office.says({ kind: 'hold', leg: ours, on: true });
    await office.heard(ours);
    expect(recorded()).toEqual([]);
    await office.says({ kind: 'hold', leg: ours, on: false });
    expect([notices(ours), recorded()]).toEqual([2, []]);
    await office.heard(ours);
    expect(kinds()).toEqual(['record']);
  });

  test('has no *1 before it is recorded: the keys are passed on', async () => {
    const { outside, ours } = await talking({ record: 'all' });
    for (const key of ['*', '1']) await office.presses(ours, key);
    await office.world.run(2000);
    expect(office.sent('sendDtmf').map(({ leg, digits }) => [leg, digits])).toEqual([
      [outside, '*'],
      [outside, '1'],
    ]);
    for (const leg of [ours, outside]) await office.heard(leg);
    expect(kinds()).toEqual(['record']);
  });

  test('that was paused stays so for whom it is transferred to, who can let it go on', async () => {
    const { outside, ours } = await talking({ record: 'all', recordConsent: true });
    for (const key of ['*', '1']) await office.presses(ours, key);
    await office.asks(ours, '102');
    const third = office.dialled().leg;
    await office.answers(third);
    expect(kinds()).toEqual(['record', 'pause']);
    for (const key of ['*', '1']) await office.presses(third, key);
    expect(kinds()).toEqual(['record', 'pause', 'resume']);
    expect(office.isHungUp(outside)).toBe(false);
  });

  test('is none where the plan has no recordings: nobody is told of one', async () => {
    const { core, account } = office.world;
    await setPlan(core, { name: 'plain', features: { voice: null }, actor: 'test' });
    await setAccountPlan(core, { accountId: account.id, plan: 'plain', actor: 'test' });
    await talking({ record: 'all' });
    expect([recorded(), office.sent('play')]).toEqual([[], []]);
  });

  test('stands still, and the history says so, where it cannot be read whether it may go on', async () => {
    const { outside, ours } = await talking({ record: 'all', recordConsent: true });
    await office.asks(ours, '102');
    refuses('accounts');
    await office.answers(office.dialled().leg);
    expect(kinds()).toEqual(['record', 'pause']);
    await office.ends(outside);
    const [call] = await office.calls();
    const told = (await office.stepsOf(call!.id)).filter(({ type }) => type === 'recording').at(-1);
    expect(told?.description).toContain('could not be read');
  });

  test('pauses and goes on by *1 at a phone of ours, which hears so; other keys are passed on', async () => {
    const { outside, ours } = await talking({ record: 'all', recordConsent: true });
    const pressed = () => office.sent('sendDtmf').map(({ leg, digits }) => [leg, digits]);
    for (const key of ['*', '1']) await office.presses(ours, key);
    expect(kinds()).toEqual(['record', 'pause']);
    expect(notices(ours)).toBe(1);
    expect(pressed()).toEqual([]);
    for (const key of ['*', '1']) await office.presses(ours, key);
    expect(kinds()).toEqual(['record', 'pause', 'resume']);
    for (const key of ['*', '2', '1', '*']) await office.presses(ours, key);
    await office.world.run(2000);
    for (const key of ['*', '1']) await office.presses(outside, key);
    expect(pressed()).toEqual([
      [outside, '*'],
      [outside, '2'],
      [outside, '1'],
      [outside, '*'],
      [ours, '*'],
      [ours, '1'],
    ]);
    expect(kinds()).toEqual(['record', 'pause', 'resume']);
  });

  test('keeps its sound where the answer to what wrote its row is lost', async () => {
    const { outside } = await talking({ record: 'all', recordConsent: true });
    const { db, recordings } = office.world.core;
    const transaction = db.transaction.bind(db);
    db.transaction = () => {
      db.transaction = transaction;
      const begun = transaction();
      const execute = begun.execute.bind(begun) as (work: never) => Promise<unknown>;
      return Object.assign(begun, {
        execute: async (work: never) => {
          await execute(work);
          throw new Error('Connection terminated');
        },
      });
    };
    const { job } = office.sent('record')[0]!;
    const recording = { pcm: new Int16Array(800) };
    office.engine.emit({ kind: 'job.done', leg: outside, job, outcome: 'ended', durationMs: 100, recording });
    const kept = () => db.selectFrom('recordings').select('file').execute();
    await office.world.runUntil('it is written', async () => (await kept()).length > 0);
    await office.world.run(1000);
    await office.ends(outside);
    const files = await kept();
    expect(files).toHaveLength(1);
    expect(await recordings.read(files[0]!.file)).toHaveLength(800);
  });

  test('leaves no file where its row cannot be written', async () => {
    const { outside } = await talking({ record: 'all', recordConsent: true });
    const { db, recordings } = office.world.core;
    const removed: string[] = [];
    office.world.core.recordings = Object.assign(Object.create(recordings), {
      remove: (file: string) => {
        removed.push(file);
        return recordings.remove(file);
      },
    }) as typeof recordings;
    await db.schema.alterTable('recordings').renameTo('elsewhere').execute();
    const { job } = office.sent('record')[0]!;
    const recording = { pcm: new Int16Array(800) };
    await office.says({ kind: 'job.done', leg: outside, job, outcome: 'ended', durationMs: 100, recording });
    await office.ends(outside);
    await db.schema.alterTable('elsewhere').renameTo('recordings').execute();
    expect(removed).toEqual([expect.stringMatching(/\.wav$/)]);
    expect((await office.calls())[0]).toMatchObject({ status: 'completed' });
  });
});

test('a caller has the name of the contact that they are another number of', async () => {
  const { core, account } = office.world;
  const contact = { account_id: account.id, mode: 'live' as const, first_name: 'Ann', last_name: 'Lee' };
  const others = JSON.stringify([{ label: 'home', number: THEIRS }]);
  const at = new Date(core.clock.now());
  await core.db
    .insertInto('contacts')
    .values({ id: 'con_1', ...contact, phone: '+14155550999', other_numbers: others, created_at: at, updated_at: at })
    .execute();
  await talking();
  expect((await office.calls())[0]).toMatchObject({ caller_name: 'Ann Lee' });
});

test('what phones and callers hear is said in the account’s language', async () => {
  const said: string[] = [];
  const { speech } = office.world.core;
  const say = speech.say.bind(speech);
  speech.say = (text, ...more) => {
    said.push(text);
    return say(text, ...more);
  };
  const { ours } = await talking({ record: 'all', language: 'de-DE' });
  await office.asks(ours, '*68');
  await office.dials('102', '*78');
  expect(said).toEqual([
    'Dieses Gespräch wird aufgezeichnet.',
    'Geparkt auf 7 0 1.',
    'Nicht stören ist eingeschaltet.',
  ]);
});

test('an attended transfer connects only calls of the phone that asks', async () => {
  const { outside, ours } = await talking();
  const others = await office.dials('102', '103');
  await office.answers(office.dialled().leg);
  await office.asks(ours, '103', { replaces: others });
  expect(office.progress()).toEqual([481]);
  expect([office.isHungUp(outside), office.isHungUp(others)]).toEqual([false, false]);
});

test('a phone shows nothing any more once its mailbox is another’s, or gone', async () => {
  const { core, account } = office.world;
  const owner = { accountId: account.id, mode: 'live' } as const;
  const anna = await core.db.selectFrom('users').select('id').where('name', '=', 'Anna').executeTakeFirstOrThrow();
  const mailbox = {
    ...{ name: 'Anna', userId: anna.id, greeting: null, maxSeconds: 60, silenceSeconds: 5, transcribe: false },
    ...{ emails: [], attachAudio: false },
  };
  const mailboxId = await office.change((draft) => draft.create('mailbox', mailbox));
  const spoken = { owner, mailboxId, mailbox, callId: 'cal_gone', caller: THEIRS, callerName: undefined, called: OURS };
  await keepMessage(core, spoken, new Int16Array(8000));
  const shown = (): number[] =>
    office
      .sent('mailbox')
      .filter(({ phone }) => phone === office.phones['101'])
      .map(({ newMessages }) => newMessages);
  await office.world.runUntil('the lamp is lit', () => shown().at(-1) === 1);
  await office.change((draft) => Promise.resolve(draft.remove('mailbox', mailboxId)));
  await emptyMailbox(core, owner, mailboxId);
  await office.world.runUntil('the lamp is out', () => shown().at(-1) === 0);
});

describe('something of ours that goes wrong in a call', () => {
  /** The next such command throws, as a slip anywhere would. */
  function slips(kind: string): void {
    const obey = office.engine.onCommand;
    office.engine.onCommand = (command) => {
      if (command.kind !== kind) return obey(command);
      office.engine.onCommand = obey;
      throw new Error('a slip');
    };
  }

  beforeEach(() => {
    office.world.core.log.error = () => undefined;
  });

  test('ends that call and no other', async () => {
    const first = await talking();
    await office.comesIn();
    const second = office.dialled().leg;
    slips('bridge');
    await office.answers(second);
    expect((await office.calls()).map(({ status, reason }) => [status, reason])).toEqual([
      ['answered', null],
      ['failed', 'engine_failed'],
    ]);
    expect([office.isHungUp(first.outside), office.isHungUp(second)]).toEqual([false, true]);
    expect(office.world.platform.conductor.active).toBe(1);
  });

  test('also in what a call does later, by the clock', async () => {
    await toGroup(null, 170);
    const outside = await office.comesIn();
    slips('answer');
    await office.world.run(160_000);
    expect(office.refusalOf(outside)).toBe(503);
    expect(await office.calls()).toMatchObject([{ status: 'failed', reason: 'engine_failed', node_id: null }]);
    expect(office.world.platform.conductor.active).toBe(0);
  });

  test('also where the call cannot end by itself any more', async () => {
    const { outside, ours } = await talking();
    const obey = office.engine.onCommand;
    let isBroken = true;
    office.engine.onCommand = (command) => {
      if (isBroken && command.kind === 'hangup') {
        isBroken = false;
        throw new Error('a slip within a slip');
      }
      obey(command);
    };
    await office.ends(ours);
    expect(office.isHungUp(outside)).toBe(true);
    expect((await office.calls()).map(({ ended_at, node_id }) => [ended_at === null, node_id])).toEqual([
      [false, null],
    ]);
    expect(office.world.platform.conductor.active).toBe(0);
  });

  test('also while whoever called leaves', async () => {
    const { outside, ours } = await talking();
    slips('hangup');
    await office.ends(outside);
    expect(office.isHungUp(ours)).toBe(true);
    await office.ends(ours, 'hangup', 'us');
    expect(await office.calls()).toMatchObject([{ result: 'answered', node_id: null }]);
    expect(office.world.platform.conductor.active).toBe(0);
  });

  test('also in a mailbox that somebody visits, by the clock', async () => {
    const phone = await office.dials('101', '*98');
    await office.presses(phone, '1');
    slips('stop');
    await office.world.run(5000);
    expect(office.isHungUp(phone)).toBe(true);
    expect(await office.calls()).toMatchObject([{ reason: 'engine_failed', node_id: null }]);
    expect(office.world.platform.conductor.active).toBe(0);
  });

  test('also in a call that a voice of ours speaks, by the clock', async () => {
    const { world } = office;
    const { outside } = await talking();
    const body = { to: THEIRS, from: OURS, message: 'Hello.', max_duration_seconds: 60 };
    await world.request('POST', '/api/v1/calls', { key: world.keys.live, body });
    await world.runUntil('it is dialled', () => office.dialled().to.kind === 'trunk');
    const spoken = office.dialled().leg;
    await office.answers(spoken);
    slips('hangup');
    await world.run(60_000);
    expect(office.isHungUp(spoken)).toBe(true);
    expect(office.isHungUp(outside)).toBe(false);
    expect((await office.calls()).at(-1)).toMatchObject({ reason: 'engine_failed', node_id: null });
    expect(world.platform.conductor.active).toBe(1);
  });

  test('leaves the place free that the call was parked in, and no phone in conversation', async () => {
    await office.route({ type: 'phone', id: '101' }, { parkSeconds: 60 });
    const outside = await parkedIn701();
    slips('stop');
    slips('hangup');
    await office.world.run(60_000);
    expect(office.isHungUp(outside)).toBe(true);
    expect(office.world.platform.conductor.active).toBe(0);
    const next = await parkedIn701();
    const fetching = await office.dials('103', '701');
    expect(office.together()).toEqual(new Set([next, fetching]));
  });

  async function parkedIn701(): Promise<string> {
    const outside = await office.comesIn();
    const ours = office.dialled().leg;
    await office.answers(ours);
    await office.asks(ours, '*68');
    await office.ends(ours);
    return outside;
  }

  test('ends the call that it is joined with', async () => {
    const { outside, ours } = await talking({ longestCallSeconds: 300 });
    const second = await office.dials('101', '102');
    const third = office.dialled().leg;
    await office.answers(third);
    await office.asks(ours, '102', { replaces: second });
    for (const left of [ours, second]) await office.ends(left);
    slips('hangup');
    slips('hangup');
    await office.world.run(300_000);
    expect([office.isHungUp(outside), office.isHungUp(third)]).toEqual([true, true]);
    expect((await office.calls()).map(({ node_id }) => node_id)).toEqual([null, null]);
    expect(office.world.platform.conductor.active).toBe(0);
  });

  test('hangs up on nobody who is helped (rule 11), however often', async () => {
    const phone = await office.dials('101', '911');
    const help = office.dialled().leg;
    slips('ring');
    await office.says({ kind: 'leg.ringing', leg: help, sipCode: 180 });
    await office.answers(help);
    for (const key of ['1', '2']) {
      slips('sendDtmf');
      await office.presses(phone, key);
    }
    await office.presses(phone, '3');
    expect(office.sent('sendDtmf').at(-1)).toMatchObject({ leg: help, digits: '3' });
    expect([office.isHungUp(phone), office.isHungUp(help)]).toEqual([false, false]);
    await office.ends(help);
    expect(office.isHungUp(phone)).toBe(true);
    expect(await office.calls()).toMatchObject([{ status: 'completed', result: 'answered', node_id: null }]);
  });

  test('lets a call for help that nobody has taken go its next way', async () => {
    const phone = await office.dials('101', '911');
    const first = office.dialled().leg;
    slips('dial');
    await office.ends(first, 'congestion');
    await office.world.run(2000);
    const next = office.dialled().leg;
    expect(next).not.toBe(first);
    await office.answers(next);
    expect(office.sent('answer')).toContainEqual({ kind: 'answer', leg: phone });
    await office.ends(phone);
    expect(await office.calls()).toMatchObject([{ status: 'completed', result: 'answered', node_id: null }]);
  });

  test('ends a call for help only where each of its ways slips', async () => {
    const phone = await office.dials('101', '911');
    const first = office.dialled().leg;
    const obey = office.engine.onCommand;
    office.engine.onCommand = (command) => {
      if (command.kind === 'dial') throw new Error('a slip');
      obey(command);
    };
    await office.ends(first, 'congestion');
    await office.world.run(30_000);
    expect(office.refusalOf(phone)).toBe(503);
    expect(await office.calls()).toMatchObject([{ status: 'failed', reason: 'engine_failed', node_id: null }]);
    expect(office.world.platform.conductor.active).toBe(0);
  });

  test('before anybody rings: the call is written down as failed', async () => {
    await office.route({ type: 'phone', id: '101' });
    slips('stop');
    const outside = await office.comesIn();
    expect(office.isHungUp(outside)).toBe(true);
    expect(await office.calls()).toMatchObject([{ status: 'failed', reason: 'engine_failed' }]);
    expect(office.world.platform.conductor.active).toBe(0);
  });
});
