import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addNumber } from '#core/numbers/index.js';
import { createUser } from '#core/people/index.js';
import { addPhone } from '#core/phones/index.js';
import { changeRouting, listVersions, readRouting } from '#core/routing/index.js';
import { PIN_FAILURES, countMessages, listVoiceMessages, setMailboxPin } from '#core/voicemail/index.js';
import { keepMessage } from '#core/voicemail/keep-message.js';
import type { EngineCommand, EngineEventBody } from '#voice/engine.js';
import { ScriptedEngine } from '../business.js';
import { openWorld, type World } from '../world.js';

/** Anna dials *97, *98 and *77 at her phone, and listens; the engine says what the test tells it to say. */
const CALLER = '+12125550100';
const PIN = '2468';
const PATIENCE_MS = 5001;
let world: World;
let engine: ScriptedEngine;
let phones: Record<string, string>;
let anna: string;
let mailboxId: number;
let legs: number;
let answered: Set<string>;

beforeEach(async () => {
  engine = new ScriptedEngine();
  legs = 0;
  phones = {};
  answered = new Set();
  world = await openWorld({ live: () => engine });
  engine.onCommand = (command) => {
    if (command.kind === 'answer') engine.emit({ kind: 'leg.answered', leg: command.leg, sipCode: 200 });
    if (command.kind !== 'hangup' || answered.has(command.leg)) return;
    answered.add(command.leg);
    engine.emit({ kind: 'leg.ended', leg: command.leg, cause: 'hangup', by: 'us' });
  };
  const { core, account } = world;
  const owner = { accountId: account.id, actor: 'test' };
  await addNumber(core, { ...owner, mode: 'live', number: '+12125550199' });
  for (const name of ['101', '102']) phones[name] = (await addPhone(core, { ...owner, name })).id;
  anna = (
    await createUser(core, {
      ...{ ...owner, mode: 'live', name: 'Anna', email: 'anna@example.com', role: 'member' },
      phones: ['101'],
    })
  ).id;
  mailboxId = await change((draft) =>
    draft.create('mailbox', {
      ...{ name: 'Anna', userId: anna, greeting: null, maxSeconds: 120, silenceSeconds: 5 },
      ...{ transcribe: false, emails: [], attachAudio: false },
    }),
  );
  await setMailboxPin(core, { ...live(), mailboxId, pin: PIN, actor: 'test' });
});
afterEach(async () => {
  await world.settle();
  expect(await world.violations()).toEqual([]);
  await world.close();
});

const live = () => ({ accountId: world.account.id, mode: 'live' }) as const;
const change = <T>(by: Parameters<typeof changeRouting<T>>[2]): Promise<T> =>
  changeRouting(world.core, { ...live(), author: 'test', summary: 'test' }, by);
const sent = <K extends EngineCommand['kind']>(kind: K) =>
  engine.commands.filter((command): command is Extract<EngineCommand, { kind: K }> => command.kind === kind);

async function says(event: EngineEventBody): Promise<void> {
  engine.emit(event);
  await world.settle();
}

async function dials(phone: string, to: string): Promise<string> {
  const leg = `${phone}-${(legs += 1)}`;
  await says({ kind: 'leg.incoming', leg, origin: { kind: 'phone', phone: phones[phone]! }, from: phone, to });
  return leg;
}

async function press(leg: string, keys: string): Promise<void> {
  for (const digit of keys) await says({ kind: 'dtmf', leg, digit, via: 'rfc4733', durationMs: 100 });
}

/** What is played to a leg is heard to its end. */
async function listens(leg: string): Promise<void> {
  const { job } = sent('play').findLast((play) => play.leg === leg)!;
  await says({ kind: 'job.done', leg, job, outcome: 'completed', durationMs: 1000 });
}

/** Presses nothing after what is played, for as long as keys are waited for. */
async function saysNothing(leg: string): Promise<void> {
  await listens(leg);
  await world.run(PATIENCE_MS);
  await world.settle();
}

const wasHungUp = (leg: string): boolean => sent('hangup').some((each) => each.leg === leg);
/** Of the last thing that is played, the samples of the message if there is one in it. */
const playsSound = (pcm: Int16Array): boolean =>
  sent('play')
    .at(-1)!
    .clips.some((clip) => Buffer.compare(Buffer.from(clip.pcm.buffer), Buffer.from(pcm.buffer)) === 0);

async function leave(seconds: number): Promise<{ id: string; pcm: Int16Array }> {
  const pcm = Int16Array.from({ length: seconds * 8000 }, (_, at) => at % 1000);
  const { objects } = await readRouting(world.core, live());
  const spoken = { owner: live(), mailboxId, mailbox: objects.mailbox.get(mailboxId)!, callId: 'cal_none' };
  const from = { caller: CALLER, callerName: undefined, called: '+12125550199' };
  const id = await keepMessage(world.core, { ...spoken, ...from }, pcm);
  await world.run(1000);
  return { id, pcm };
}

const counts = async () => (await countMessages(world.core, [mailboxId])).get(mailboxId);
const kept = async (): Promise<string[]> => {
  const { items } = await listVoiceMessages(world.core, live(), { mailboxIds: [mailboxId] }, { page: 1, pageSize: 9 });
  return items.map(({ id }) => id);
};

describe('messages', () => {
  test('are heard, the oldest first; what is heard to its end is new no more', async () => {
    const [first, second] = [await leave(2), await leave(3)];
    const leg = await dials('101', '*97');
    await press(leg, `${PIN}#1`);
    expect(playsSound(first.pcm)).toBe(true);
    await listens(leg);
    expect(await counts()).toEqual({ newMessages: 1, oldMessages: 1 });
    await press(leg, '1');
    expect(playsSound(first.pcm)).toBe(true);
    await press(leg, '6');
    expect(playsSound(second.pcm)).toBe(true);
    await press(leg, '4');
    expect(playsSound(first.pcm)).toBe(true);
    await press(leg, '4');
    expect(playsSound(first.pcm)).toBe(true);
    await press(leg, '6');
    await press(leg, '6');
    // Passed over, not heard.
    expect(await counts()).toEqual({ newMessages: 1, oldMessages: 1 });
    await press(leg, '2');
    expect(playsSound(first.pcm)).toBe(true);
    await press(leg, '**');
    await listens(leg);
    expect(wasHungUp(leg)).toBe(true);
  });

  test('are saved and deleted for good, and the phone’s light follows', async () => {
    const [first, second] = [await leave(2), await leave(3)];
    const leg = await dials('101', '*97');
    await press(leg, `${PIN}#19`);
    expect(playsSound(second.pcm)).toBe(true);
    expect(await counts()).toEqual({ newMessages: 1, oldMessages: 1 });
    await press(leg, '7');
    expect(await kept()).toEqual([first.id]);
    await world.runUntil('the light', () => {
      const light = sent('mailbox').at(-1);
      return light?.newMessages === 0 && light.oldMessages === 1 && light.phone === phones['101'];
    });
    await says({ kind: 'leg.ended', leg, cause: 'hangup', by: 'them' });
  });

  test('one that somebody else has deleted meanwhile does not end the visit', async () => {
    const [first, second] = [await leave(2), await leave(3)];
    const leg = await dials('101', '*97');
    await press(leg, `${PIN}#1`);
    await world.core.recordings.remove(`${world.account.id}/voicemail/${second.id}.wav`);
    await world.core.db.deleteFrom('voice_messages').where('id', '=', first.id).execute();
    await press(leg, '7');
    expect(playsSound(second.pcm)).toBe(false);
    await press(leg, '9*');
    await listens(leg);
    expect(wasHungUp(leg)).toBe(true);
  });

  test('a visitor who presses nothing any more is told goodbye', async () => {
    const leg = await dials('101', '*97');
    await press(leg, `${PIN}#`);
    for (let asked = 0; asked < 3; asked++) {
      expect(wasHungUp(leg)).toBe(false);
      await saysNothing(leg);
    }
    await listens(leg);
    expect(wasHungUp(leg)).toBe(true);
  });
});

describe('the PIN', () => {
  test('three wrong ones end the call, and ten in a row close the mailbox for a while, which the audit log tells', async () => {
    for (let wrong = 0; wrong < PIN_FAILURES;) {
      const leg = await dials('101', '*97');
      for (let asked = 0; asked < 3 && wrong < PIN_FAILURES; asked++, wrong++) await press(leg, '1111#');
      await listens(leg);
      expect(wasHungUp(leg)).toBe(true);
    }
    const leg = await dials('101', '*97');
    await press(leg, `${PIN}#1`);
    await listens(leg);
    expect(wasHungUp(leg)).toBe(true);
    const audit = await world.core.db
      .selectFrom('audit_log')
      .selectAll()
      .where('action', '=', 'mailbox.lock')
      .execute();
    expect(audit).toMatchObject([{ actor: 'phone', subject: String(mailboxId), details: { failures: PIN_FAILURES } }]);
    await world.run(5 * 60_000);
    const later = await dials('101', '*97');
    await press(later, `${PIN}#*`);
    expect((await countPinFailures())[0]).toBe(0);
    await listens(later);
  });

  test('without one nothing is opened, and whoever has no mailbox is told so', async () => {
    await setMailboxPin(world.core, { ...live(), mailboxId, pin: null, actor: 'test' });
    for (const phone of ['101', '102']) {
      const leg = await dials(phone, '*97');
      await press(leg, '#1');
      expect(sent('play').filter((play) => play.leg === leg)).toHaveLength(1);
      await listens(leg);
      expect(wasHungUp(leg)).toBe(true);
    }
  });

  test('is changed by whoever knows it, and not by a slip', async () => {
    const leg = await dials('101', '*97');
    await press(leg, `${PIN}#4` + '123#' + '4' + '13579#' + '13570#' + '4' + '13579#' + '13579#' + '*');
    await listens(leg);
    const again = await dials('101', '*97');
    await press(again, `${PIN}#`);
    expect(await countPinFailures()).toEqual([1]);
    await press(again, '13579#');
    expect(await countPinFailures()).toEqual([0]);
    await says({ kind: 'leg.ended', leg: again, cause: 'hangup', by: 'them' });
    const audit = await world.core.db
      .selectFrom('audit_log')
      .select('actor')
      .where('action', '=', 'mailbox.set_pin')
      .execute();
    expect(audit.map(({ actor }) => actor)).toEqual(['test', anna]);
  });
});

async function countPinFailures(): Promise<number[]> {
  const rows = await world.core.db.selectFrom('mailbox_pins').select('failures').execute();
  return rows.map(({ failures }) => failures);
}

describe('the greeting', () => {
  async function records(leg: string, said: Int16Array): Promise<void> {
    await listens(leg);
    const { job } = sent('record').at(-1)!;
    await says({
      ...{ kind: 'job.done', leg, job, outcome: 'completed', durationMs: said.length / 8 },
      recording: { pcm: said },
    });
  }

  test('is recorded, heard, recorded again and kept: by its user, as a version that can be taken back', async () => {
    const [said, better] = [new Int16Array(16_000).fill(1000), new Int16Array(24_000).fill(2000)];
    const leg = await dials('101', '*77');
    await press(leg, `${PIN}#`);
    await records(leg, said);
    expect(playsSound(said)).toBe(true);
    await press(leg, '3');
    await records(leg, better);
    await press(leg, '1');
    expect(playsSound(better)).toBe(true);
    await press(leg, '2');
    const { greeting } = (await readRouting(world.core, live())).objects.mailbox.get(mailboxId)!;
    const sounds = await world.core.db.selectFrom('sounds').selectAll().execute();
    expect(sounds).toMatchObject([{ id: greeting?.sound, name: 'Greeting of Anna', duration_ms: 3000 }]);
    expect(await world.core.recordings.read(sounds[0]!.file)).toEqual(better);
    const { items } = await listVersions(world.core, live(), { page: 1, pageSize: 1 });
    expect(items[0]).toMatchObject({ author: anna, summary: 'Greeting of mailbox "Anna" recorded at a phone' });
    await press(leg, '*');
    await listens(leg);
    expect(wasHungUp(leg)).toBe(true);
  });

  test('of nothing is not kept, nor that of somebody who hangs up', async () => {
    const leg = await dials('101', '*77');
    await press(leg, `${PIN}#`);
    await records(leg, new Int16Array(800));
    await press(leg, '3');
    await listens(leg);
    await says({ kind: 'leg.ended', leg, cause: 'hangup', by: 'them' });
    expect((await readRouting(world.core, live())).objects.mailbox.get(mailboxId)!.greeting).toBeNull();
    expect(await world.core.db.selectFrom('sounds').selectAll().execute()).toEqual([]);
  });
});

describe('the mailbox of an extension', () => {
  beforeEach(async () => {
    await change(async (draft) => {
      await draft.create('extension', {
        ...{ number: '201', name: 'Anna', userId: anna, destination: { type: 'user', id: anna }, ringSeconds: 20 },
        ...{ noAnswer: null, inDirectory: true },
      });
    });
  });

  test.each([
    ['dialled behind the code', '*98201', ''],
    ['asked for', '*98', '201#'],
    ['asked for again after a wrong one', '*98', '999#201#'],
  ])('is opened from another phone by its PIN: %s', async (_, code, keys) => {
    const { pcm } = await leave(2);
    const leg = await dials('102', code);
    await press(leg, `${keys}${PIN}#1`);
    expect(playsSound(pcm)).toBe(true);
    await says({ kind: 'leg.ended', leg, cause: 'hangup', by: 'them' });
  });

  test('that does not exist is not', async () => {
    const leg = await dials('102', '*98999');
    await listens(leg);
    expect(wasHungUp(leg)).toBe(true);
  });
});
