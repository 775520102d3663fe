import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Office } from '../office.js';

/** What becomes of calls between people when something comes in the way of them. */
let office: Office;

beforeEach(async () => {
  office = await Office.open();
});

afterEach(async () => {
  expect(await office.world.violations()).toEqual([]);
  expect(await office.world.core.db.selectFrom('trunk_seats').selectAll().execute()).toEqual([]);
  await office.close();
});

/** Somebody outside speaks with 101. */
async function talking(): Promise<{ outside: string; ours: string }> {
  await office.route({ type: 'phone', id: '101' });
  const outside = await office.comesIn();
  const ours = office.dialled().leg;
  await office.answers(ours);
  return { outside, ours };
}

async function toGroup(holdMusic: string | null, ringSeconds = 70): Promise<void> {
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
        ...{ name: 'Sales', strategy: 'sequence', members, retryAfterSeconds: 5, maxHoldSeconds: 600, maxAttempts: 1 },
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
