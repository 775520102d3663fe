import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Destination, MenuOption, RingGroup } from '#core/call-flow/index.js';
import { extension, forwardingNumber, member, menu, option, ringGroup } from '#core/call-flow/configuration.fixture.js';
import { addSound } from '#core/sounds/index.js';
import { USUAL_MAILBOX } from '#core/voicemail/index.js';
import { encodeWav } from '#speech/encode-wav.js';
import { Office, OURS, THEIRS } from '../office.js';

/** Where what an account has set leads calls, as those who are called and those who call notice it. */
let office: Office;
/** Extensions 201, 202 and 203, which ring the phones 101, 102 and 103. */
let desks: number[];

/** A Monday, half a minute before four in the afternoon in New York. */
const AFTERNOON = Date.parse('2026-11-02T15:59:30-05:00');

beforeEach(async () => {
  office = await Office.open(AFTERNOON);
  const names = ['Anna Berg', 'Ben Cole', 'Cora Dunn'];
  desks = await office.change(async (draft) => {
    const ids: number[] = [];
    for (const [at, name] of names.entries()) {
      const destination = { type: 'phone', id: `10${at + 1}` } as const;
      ids.push(await draft.create('extension', extension(`20${at + 1}`, { name, destination })));
    }
    return ids;
  });
});
afterEach(async () => {
  expect(await office.world.violations()).toEqual([]);
  await office.close();
});

const mailbox = (greeting: { sound: number } | null = null): Promise<number> =>
  office.change((draft) => draft.create('mailbox', { ...USUAL_MAILBOX, name: 'Calls', greeting }));

/** Calls from outside ring the group of the three desks. */
async function toGroup(more: Partial<RingGroup> = {}): Promise<void> {
  const members = desks.map((id, at) => member(id, { position: at + 1 }));
  await route(await office.change((draft) => draft.create('ring_group', ringGroup({ members, ...more }))));
  function route(id: number): Promise<void> {
    return office.route({ type: 'ring_group', id });
  }
}

async function toMenu(options: MenuOption[], directDial = false): Promise<void> {
  const body = menu({ options, directDial });
  await office.route({ type: 'menu', id: await office.change((draft) => draft.create('menu', body)) });
}

const rung = (): string[] =>
  office
    .sent('dial')
    .map(({ to }) => Object.entries(office.phones).find(([, id]) => 'phone' in to && to.phone === id)?.[0] ?? '');

/** Whoever is rung does not answer. */
const nobodyAnswers = (): Promise<void> => office.ends(office.dialled().leg, 'no_answer', 'us');

const endOf = async (leg: string): Promise<string[]> => {
  await office.ends(leg);
  const [call] = await office.calls();
  return (await office.stepsOf(call!.id)).map(({ description }) => description);
};

describe('the directory', () => {
  test('is asked at a phone by its code, and by keys finds whose name they spell', async () => {
    const leg = await office.dials('101', '*411');
    expect(office.playedTo(leg)).toMatchObject([{ bargeIn: true }]);
    // C, O, L: Cole.
    for (const key of '265') await office.presses(leg, key);
    await office.presses(leg, '1');
    expect(office.dialled()).toMatchObject({ to: { phone: office.phones['102'] } });
    await office.answers(office.dialled().leg);
    expect(office.together()).toEqual(new Set([leg, office.dialled().leg]));
    expect(await endOf(leg)).toContain('Directory: Ben Cole');
  });

  test('is where a menu leads callers, who spell again after a name that nobody has', async () => {
    await toMenu([option('5', { type: 'directory' })]);
    const outside = await office.comesIn();
    for (const key of '59') await office.presses(outside, key);
    expect(office.sent('dial')).toEqual([]);
    // Dunn, then the only one who is offered.
    for (const key of '38661') await office.presses(outside, key);
    expect(rung()).toEqual(['103']);
    expect(await endOf(outside)).toEqual(expect.arrayContaining(['Directory: nobody for 9', 'Directory: Cora Dunn']));
  });
});

describe('a menu', () => {
  test('lets callers dial an extension at once, and waits for it where an option’s key begins it', async () => {
    await toMenu([option('2', { type: 'extension', id: desks[2]! })], true);
    const direct = await office.comesIn();
    for (const key of '202') await office.presses(direct, key);
    expect(rung()).toEqual(['102']);
    expect(await endOf(direct)).toContain('Menu "Main": extension 202 was dialled');
    const byKey = await office.comesIn();
    await office.presses(byKey, '2');
    expect(rung()).toEqual(['102']);
    await office.world.run(3000);
    expect(rung()).toEqual(['102', '103']);
    await office.ends(byKey);
  });

  test('that does not, goes by its first key', async () => {
    await toMenu([option('2', { type: 'extension', id: desks[2]! })]);
    const outside = await office.comesIn();
    for (const key of '202') await office.presses(outside, key);
    expect(rung()).toEqual(['103']);
    await office.ends(outside);
  });
});

describe('a group', () => {
  test('shows its own number to those who are rung, and else the caller’s', async () => {
    const { db } = office.world.core;
    const { id } = await db.selectFrom('numbers').select('id').where('number', '=', OURS).executeTakeFirstOrThrow();
    await toGroup({ callerId: id });
    const outside = await office.comesIn();
    expect(office.sent('dial').map(({ from }) => from.number)).toEqual([OURS, OURS, OURS]);
    await office.ends(outside);
    await toGroup();
    const again = await office.comesIn();
    expect(office.dialled().from.number).toBe(THEIRS);
    await office.ends(again);
  });

  test('rings members only when their own schedule has them at work', async () => {
    const [mornings, afternoons] = await office.change(async (draft) => {
      const schedule = (start: string, end: string) =>
        draft.create('forwarding_schedule', {
          ...{ name: start, timeZone: 'America/New_York' },
          windows: [{ start, end, days: ['mon'] }],
        });
      return [await schedule('08:00', '12:00'), await schedule('12:00', '16:00')];
    });
    const [anna, ben, cora] = desks;
    const members = [
      member(anna!, { position: 1, scheduleId: mornings }),
      member(ben!, { position: 2, scheduleId: afternoons }),
      member(cora!, { position: 3 }),
    ];
    await toGroup({ members });
    const early = await office.comesIn();
    expect(rung()).toEqual(['102', '103']);
    await office.ends(early);
    // Nobody's window is open any more.
    await office.world.run(30_000);
    const late = await office.comesIn();
    expect(rung().slice(2)).toEqual(['103']);
    await office.ends(late);
  });

  test('in turns begins each call with whoever comes after the one who was rung last', async () => {
    await toGroup({ strategy: 'round_robin', maxAttempts: 1 });
    const first = await office.comesIn();
    await nobodyAnswers();
    expect(rung()).toEqual(['101', '102']);
    await office.answers(office.dialled().leg);
    await office.ends(first);
    const second = await office.comesIn();
    await nobodyAnswers();
    expect(rung().slice(2)).toEqual(['103', '101']);
    await office.ends(second);
  });

  test('by who spoke least lately begins with those who never spoke', async () => {
    await toGroup({ strategy: 'least_recent', maxAttempts: 1 });
    for (const expected of ['101', '102', '103', '101']) {
      const outside = await office.comesIn();
      expect(rung().at(-1)).toBe(expected);
      await office.answers(office.dialled().leg);
      await office.world.run(1000);
      await office.ends(outside);
    }
  });

  test('rings again after its pause, and no longer than callers are held', async () => {
    const destination: Destination = { type: 'voicemail', id: await mailbox() };
    const [anna] = desks;
    const members = [member(anna!, { ringSeconds: 20 })];
    await toGroup({ members, retryAfterSeconds: 10, maxHoldSeconds: 45, maxAttempts: 5, destination });
    const outside = await office.comesIn();
    expect(office.dialled()).toMatchObject({ ringTimeoutMs: 20_000 });
    await office.world.run(20_000);
    await nobodyAnswers();
    await office.world.run(9000);
    expect(rung()).toEqual(['101']);
    await office.world.run(1000);
    expect(rung()).toEqual(['101', '101']);
    // Of the 45 seconds 30 are over.
    expect(office.dialled()).toMatchObject({ ringTimeoutMs: 15_000 });
    await office.world.run(15_000);
    await nobodyAnswers();
    expect(rung()).toHaveLength(2);
    await office.heard(outside);
    await office.heard(outside);
    expect(office.sent('record')).toMatchObject([{ leg: outside }]);
    expect(await endOf(outside)).toContain('Ring group "Sales": nobody answered within 45 s');
  });
});

test('a greeting that was uploaded is what callers hear in the mailbox', async () => {
  const pcm = Int16Array.from({ length: 16_000 }, (_, at) => ((at * 37) % 4000) - 2000);
  const { core, account } = office.world;
  const audio = { bytes: encodeWav({ pcm, rate: 8000 }) };
  const owner = { accountId: account.id, mode: 'live' } as const;
  const sound = await addSound(core, { ...owner, name: 'Greeting', audio, actor: 'test' });
  await office.route({ type: 'voicemail', id: await mailbox({ sound: sound.id }) });
  const outside = await office.comesIn();
  expect(office.playedTo(outside)[0]?.clips.map((clip) => [...clip.pcm])).toContainEqual([...pcm]);
  await office.ends(outside);
});

describe('callers without a number', () => {
  const hidden = { caller: { private: true } };

  test('leave a message where the account wants it so, wherever others are led', async () => {
    await office.route(
      { type: 'extension', id: desks[0]! },
      { anonymousCallers: 'voicemail', anonymousMailbox: await mailbox() },
    );
    const outside = await office.comesIn(THEIRS, hidden);
    expect(office.sent('dial')).toEqual([]);
    await office.heard(outside);
    await office.heard(outside);
    expect(office.sent('record')).toMatchObject([{ leg: outside }]);
    await office.ends(outside);
    expect(await office.calls()).toMatchObject([{ from_number: 'anonymous', status: 'completed', result: 'missed' }]);
    const known = await office.comesIn();
    expect(rung()).toEqual(['101']);
    await office.ends(known);
  });

  test('reach people where nothing is said', async () => {
    await office.route({ type: 'extension', id: desks[0]! });
    const outside = await office.comesIn(THEIRS, hidden);
    expect(rung()).toEqual(['101']);
    expect(office.dialled().from).toMatchObject({ private: true });
    await office.ends(outside);
  });
});

test('a forwarding number is called, and passed on to, by its transfer code', async () => {
  const mobile = '+12125550177';
  await office.change((draft) =>
    draft.create('forwarding_number', forwardingNumber(mobile, { description: 'Mobile', transferCode: '77' })),
  );
  const leg = await office.dials('102', '77');
  expect(office.dialled()).toMatchObject({ to: { trunk: office.trunk, number: mobile } });
  await office.ends(leg);
  await office.route({ type: 'extension', id: desks[0]! });
  const outside = await office.comesIn();
  const ours = office.dialled().leg;
  await office.answers(ours);
  await office.asks(ours, '77');
  await office.world.run(1000);
  expect(office.dialled()).toMatchObject({ to: { trunk: office.trunk, number: mobile }, from: { number: THEIRS } });
  await office.answers(office.dialled().leg);
  expect(office.progress()).toEqual([200]);
  expect(office.together()).toEqual(new Set([outside, office.dialled().leg]));
  await office.ends(ours);
  await office.ends(outside);
});
