import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { setLimit } from '#core/accounts/index.js';
import type { OutgoingText, PartResult } from '#carriers/carrier.js';
import { checkLedger, creditWallet, findWallet, setMetering, setPrice } from '#core/billing/index.js';
import { configureCarriers } from '#core/carriers/index.js';
import { cancelMessage, checkMessages } from '#core/messages/index.js';
import {
  acceptAll,
  addScripted,
  eventsOf,
  queueTexts,
  readText,
  ScriptedCarrier,
  setPace,
  type QueuedText,
} from '../queued-texts.js';
import { openWorld, sandboxCarriers, SANDBOX_NUMBER, type World } from '../world.js';

/** Live texts, with carriers that say what the test has them say, on a clock that is held. */
const TO = '+12125550100';
const LONG = 'Long. '.repeat(60);
const UNKNOWN: PartResult = { kind: 'unknown', detail: 'The connection was lost.' };

let world: World;
let openedAt: Date;
let first: ScriptedCarrier;
let second: ScriptedCarrier;

beforeEach(async () => {
  first = new ScriptedCarrier();
  second = new ScriptedCarrier();
  world = await openWorld({
    carriers: (clock) =>
      sandboxCarriers(clock, {
        http: (config, listener) => (config.name === 'first' ? first : second).open(config, listener),
      }),
  });
  openedAt = new Date(world.clock.now());
  await addScripted(world.core, 'first', { priority: 1 });
  await configureCarriers(world.core);
  await setPace(world.core, SANDBOX_NUMBER, 100);
});
afterEach(async () => {
  expect(await checkMessages(world.core, openedAt)).toEqual([]);
  expect(await checkLedger(world.core)).toEqual([]);
  await world.close();
});

function send(...texts: QueuedText[]): Promise<string[]> {
  return queueTexts(
    world.core,
    world.account.id,
    texts.map((text) => ({ mode: 'live', ...text })),
  );
}

const statusOf = async (id: string): Promise<string> => (await readText(world.core, id)).status;

function ends(id: string, status: string): Promise<void> {
  return world.runUntil(`${id} is ${status}`, async () => (await statusOf(id)) === status);
}

async function receipt(state: 'delivered' | 'undelivered' | 'accepted', theirId: string, more: object = {}) {
  await first.listener!.onReceipt(first.config!.id, { theirId, state, ...more });
  await world.settle();
}

async function addSecond(): Promise<void> {
  await addScripted(world.core, 'second', { priority: 2 });
  await configureCarriers(world.core);
}

async function pays(): Promise<{ balance: number; held: number }> {
  const { balance, held } = await findWallet(world.core, world.account.id);
  return { balance, held };
}

describe('a text without an answer', () => {
  beforeEach(async () => {
    const account = { accountId: world.account.id, actor: 'test' };
    await setPrice(world.core, { unit: 'sms_segment', amount: '2', actor: 'test' });
    await creditWallet(world.core, { ...account, amount: 100, note: 'paid' });
    await setMetering(world.core, { ...account, metering: 'prepaid' });
    first.answer = () => [UNKNOWN];
  });

  test('is of unknown fate, is not sent again, and costs nothing', async () => {
    const [id = ''] = await send({ to: TO });
    await ends(id, 'unknown');
    await world.run(600_000);
    expect(first.submitted).toHaveLength(1);
    expect(await readText(world.core, id)).toMatchObject({ status: 'unknown', reason: 'no_response', sent_at: null });
    expect(await eventsOf(world.core, id)).toEqual(['message.failed unknown']);
    expect(await pays()).toEqual({ balance: 100, held: 0 });
  });

  test('is resolved by a later receipt for its sender and recipient, and is paid for then', async () => {
    const [id = ''] = await send({ to: TO });
    await ends(id, 'unknown');
    await receipt('delivered', 'theirs-1', { from: SANDBOX_NUMBER, to: TO });
    await receipt('undelivered', 'theirs-1', { from: SANDBOX_NUMBER, to: TO });
    expect(await statusOf(id)).toBe('delivered');
    expect(await eventsOf(world.core, id)).toEqual(['message.failed unknown', 'message.delivered']);
    expect(await pays()).toEqual({ balance: 98, held: 0 });
  });

  test('is resolved by the id that we gave it', async () => {
    const [one = '', other = ''] = await send({ to: TO }, { to: TO });
    await ends(other, 'unknown');
    await receipt('undelivered', 'theirs-2', { ourId: one, code: '27' });
    expect([await statusOf(one), await statusOf(other)]).toEqual(['undelivered', 'unknown']);
  });

  test('is not guessed at where a receipt fits two', async () => {
    const [one = '', other = ''] = await send({ to: TO }, { to: TO });
    await ends(other, 'unknown');
    await receipt('delivered', 'theirs-3', { from: SANDBOX_NUMBER, to: TO });
    expect([await statusOf(one), await statusOf(other)]).toEqual(['unknown', 'unknown']);
  });

  test('is not delivered as a whole by the receipt of one part that comes twice at once', async () => {
    first.answer = (text) => text.parts.map(() => UNKNOWN);
    const [id = ''] = await send({ to: TO, text: LONG });
    await ends(id, 'unknown');
    const told = { theirId: 'theirs-5', state: 'delivered', from: SANDBOX_NUMBER, to: TO } as const;
    const other = { ...told, theirId: 'other', to: '+12125550199' };
    // While the first is written, the others come and are written together.
    await Promise.all([other, told, told].map(async (each) => first.listener?.onReceipt(first.config?.id ?? '', each)));
    expect(await statusOf(id)).toBe('unknown');
  });

  test('is resolved by a receipt that came before its end was known', async () => {
    let answer: (results: PartResult[]) => void = () => undefined;
    first.answer = () => new Promise((resolve) => (answer = resolve));
    const [id = ''] = await send({ to: TO });
    await ends(id, 'sending');
    await receipt('delivered', 'theirs-4', { from: SANDBOX_NUMBER, to: TO });
    expect(await statusOf(id)).toBe('sending');
    answer([UNKNOWN]);
    await ends(id, 'delivered');
  });

  describe('is sent again where the account wants that', () => {
    beforeEach(async () => {
      await world.core.db
        .updateTable('accounts')
        .set({ outreach_policy: JSON.stringify({ on_unknown: 'resend' }) })
        .execute();
    });

    test('until its carrier answers, and is paid for once', async () => {
      let times = 0;
      first.answer = (text) => (++times < 3 ? [UNKNOWN] : acceptAll(text));
      const [id = ''] = await send({ to: TO });
      await ends(id, 'sent');
      expect(first.submitted).toHaveLength(3);
      expect(await eventsOf(world.core, id)).toEqual(['message.sent']);
      expect(await pays()).toEqual({ balance: 98, held: 0 });
    });

    test('a few times, each later than the last, and is then of unknown fate for good', async () => {
      const at: number[] = [];
      first.answer = () => {
        at.push((world.clock.now() - openedAt.getTime()) / 1000);
        return [UNKNOWN];
      };
      const [id = ''] = await send({ to: TO });
      await ends(id, 'unknown');
      await world.run(400_000);
      expect(at.map((seconds) => Math.floor(seconds))).toEqual([0, 30, 90, 390]);
      expect(await readText(world.core, id)).toMatchObject({ reason: 'no_response', attempts: 4, unsure_tries: 3 });
      expect(await eventsOf(world.core, id)).toEqual(['message.failed unknown']);
      expect(await pays()).toEqual({ balance: 100, held: 0 });
    });

    test('not after it expired', async () => {
      const [id = ''] = await send({ to: TO, expiresInMs: 60_000 });
      await ends(id, 'unknown');
      expect(first.submitted).toHaveLength(2);
    });

    test('not after a receipt said that it had arrived', async () => {
      const [id = ''] = await send({ to: TO });
      await world.runUntil('the first try', async () => (await readText(world.core, id)).unsure_tries === 1);
      await receipt('delivered', 'theirs-6', { from: SANDBOX_NUMBER, to: TO });
      expect(await statusOf(id)).toBe('delivered');
      await world.run(100_000);
      expect(first.submitted).toHaveLength(1);
      expect(await eventsOf(world.core, id)).toEqual(['message.delivered']);
      expect(await pays()).toEqual({ balance: 98, held: 0 });
    });

    test('and nobody says of it that it failed: the first try may have arrived', async () => {
      const [refused = '', canceled = ''] = await send({ to: TO }, { to: '+12125550101' });
      await world.runUntil('the first tries', async () => (await readText(world.core, canceled)).unsure_tries === 1);
      const owner = { accountId: world.account.id, mode: 'live' } as const;
      expect((await cancelMessage(world.core, owner, canceled)).status).toBe('unknown');
      first.answer = () => [{ kind: 'refused', code: '11', detail: 'no' }];
      await ends(refused, 'unknown');
      await world.run(100_000);
      expect(first.submitted).toHaveLength(3);
      expect((await readText(world.core, refused)).reason).toBe('refused');
    });
  });
});

describe('receipts', () => {
  test('before the answer, twice, and in disorder: the first final word stays', async () => {
    let answer: (results: PartResult[]) => void = () => undefined;
    first.answer = () => new Promise((resolve) => (answer = resolve));
    const [id = ''] = await send({ to: TO });
    await ends(id, 'sending');
    await receipt('delivered', 'theirs');
    answer([{ kind: 'accepted', theirId: 'theirs' }]);
    await ends(id, 'delivered');
    await receipt('delivered', 'theirs');
    await receipt('accepted', 'theirs');
    await receipt('undelivered', 'theirs');
    expect(await statusOf(id)).toBe('delivered');
    expect(await eventsOf(world.core, id)).toEqual(['message.sent', 'message.delivered']);
    expect(await world.core.db.selectFrom('early_receipts').selectAll().execute()).toEqual([]);
  });

  test('of parts: delivered when all are, undelivered when one is not', async () => {
    const [one = '', other = ''] = await send({ to: TO, text: LONG }, { to: TO, text: LONG });
    await ends(other, 'sent');
    for (const part of [3, 1]) await receipt('delivered', `${one}-${part}`);
    expect(await statusOf(one)).toBe('sent');
    await receipt('delivered', `${one}-2`);
    await receipt('undelivered', `${other}-2`, { code: '33', detail: 'absent' });
    await receipt('delivered', `${other}-1`);
    expect([await statusOf(one), await statusOf(other)]).toEqual(['delivered', 'undelivered']);
    expect(await readText(world.core, other)).toMatchObject({ reason: 'undeliverable', carrier_code: '33' });
  });

  test('for all of a text that its carrier took whole', async () => {
    first.answer = () => [{ kind: 'accepted', theirId: 'whole' }];
    const [id = ''] = await send({ to: TO, text: LONG });
    await ends(id, 'sent');
    await receipt('delivered', 'whole');
    expect(await statusOf(id)).toBe('delivered');
  });

  test('for nothing that is known are kept, as far as the database can keep them, and harm nothing', async () => {
    await receipt('delivered', 'of-somebody-else', { from: '+15550000000', to: '+15550000001', detail: 'a\0b\ud800' });
    expect(await world.core.db.selectFrom('early_receipts').selectAll().execute()).toHaveLength(1);
  });
});

describe('what does not go at once', () => {
  test('parts that were throttled go again alone, with the same reference, and no attempt is spent', async () => {
    let times = 0;
    first.answer = (text) =>
      ++times === 1
        ? text.parts.map(({ part }): PartResult =>
            part === 2
              ? { kind: 'throttled', code: '88', retryAfterMs: 5000 }
              : { kind: 'accepted', theirId: `${text.id}-${part}` },
          )
        : acceptAll(text);
    const [id = ''] = await send({ to: TO, text: LONG });
    await ends(id, 'sent');
    const [all, rest] = first.submitted as [OutgoingText, OutgoingText];
    expect(first.submitted).toHaveLength(2);
    expect(rest.parts).toEqual(all.parts.filter(({ part }) => part === 2));
    expect([rest.reference, rest.of]).toEqual([all.reference, 3]);
    expect((await readText(world.core, id)).attempts).toBe(1);
    expect(world.clock.now() - openedAt.getTime()).toBeGreaterThanOrEqual(5000);
  });

  test('a throttling carrier is left alone by all texts for as long as it asks', async () => {
    first.answer = () => [{ kind: 'throttled', code: '88', retryAfterMs: 30_000 }];
    const [id = ''] = await send({ to: TO });
    await world.runUntil('the answer', () => first.submitted.length === 1);
    first.answer = acceptAll;
    const [next = ''] = await send({ to: TO });
    await world.run(29_000);
    expect(first.submitted).toHaveLength(1);
    await ends(id, 'sent');
    await ends(next, 'sent');
  });

  test('a carrier that is away fails nobody: the text waits, and leaves by another where there is one', async () => {
    first.answer = () => [{ kind: 'unreachable', detail: 'no connection' }];
    const [id = ''] = await send({ to: TO });
    await world.run(60_000);
    expect(await statusOf(id)).toBe('queued');
    expect((await readText(world.core, id)).attempts).toBe(0);
    await addSecond();
    await ends(id, 'sent');
    expect(second.submitted.map((text) => text.id)).toEqual([id]);
  });

  test('and uses up nothing of what its account may send in a minute', async () => {
    const keyRing = { ...world.core, keyRing: world.platform.keyRing };
    const limit = { accountId: world.account.id, name: 'messages_per_minute', value: 3, actor: 'test' } as const;
    await setLimit(keyRing, limit);
    first.answer = () => [{ kind: 'unreachable', detail: 'no connection' }];
    const [id = ''] = await send({ to: TO });
    await world.run(10_000);
    expect(first.submitted.length).toBeGreaterThan(5);
    first.answer = acceptAll;
    await ends(id, 'sent');
    expect(world.clock.now() - openedAt.getTime()).toBeLessThan(20_000);
    const counts = await world.core.db.selectFrom('sending_counts').select('count').execute();
    expect(counts.map(({ count }) => Number(count))).toEqual([1]);
  });

  test('what one carrier refuses another may take; what all refuse failed', async () => {
    await addSecond();
    first.answer = () => [{ kind: 'refused', code: '11', detail: 'no such destination' }];
    const [taken = ''] = await send({ to: TO });
    await ends(taken, 'sent');
    expect([first.submitted.length, second.submitted.length]).toEqual([1, 1]);
    second.answer = () => [{ kind: 'refused', code: '12', detail: 'nor here' }];
    const [refused = ''] = await send({ to: TO });
    await ends(refused, 'failed');
    expect(await readText(world.core, refused)).toMatchObject({
      ...{ reason: 'refused', carrier_code: '12', carrier_detail: 'nor here' },
    });
    expect(await eventsOf(world.core, refused)).toEqual(['message.failed failed']);
  });

  test('what is begun with one carrier is not begun anew with another', async () => {
    await addSecond();
    first.answer = (text) =>
      text.parts.map(({ part }): PartResult =>
        part === 1 ? { kind: 'accepted', theirId: `${text.id}-1` } : { kind: 'refused', code: '11', detail: 'no more' },
      );
    const [id = ''] = await send({ to: TO, text: LONG });
    await ends(id, 'failed');
    expect(second.submitted).toEqual([]);
  });

  test('without any carrier for it a text fails', async () => {
    await world.core.db.deleteFrom('carriers').execute();
    const [id = ''] = await send({ to: TO });
    await ends(id, 'failed');
    expect((await readText(world.core, id)).reason).toBe('no_carrier');
  });
});

describe('money', () => {
  test('a text that the balance does not pay for fails, and one that was refused costs nothing', async () => {
    const account = { accountId: world.account.id, actor: 'test' };
    await setPrice(world.core, { unit: 'sms_segment', amount: '2', actor: 'test' });
    await creditWallet(world.core, { ...account, amount: 7, note: 'paid' });
    await setMetering(world.core, { ...account, metering: 'prepaid' });
    const [paid = '', unpaid = ''] = await send({ to: TO, text: LONG }, { to: TO });
    await ends(paid, 'sent');
    await ends(unpaid, 'failed');
    expect((await readText(world.core, unpaid)).reason).toBe('insufficient_funds');
    expect(await pays()).toEqual({ balance: 1, held: 0 });
    await creditWallet(world.core, { ...account, amount: 9, note: 'more' });
    first.answer = () => [{ kind: 'refused', code: '11', detail: 'no' }];
    const [refused = ''] = await send({ to: TO });
    await ends(refused, 'failed');
    expect(await pays()).toEqual({ balance: 10, held: 0 });
  });
});
