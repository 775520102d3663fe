import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LOOPBACK, type IncomingText } from '#carriers/carrier.js';
import { createAccount, setOutreachPolicy } from '#core/accounts/index.js';
import { erasePerson } from '#core/contacts/index.js';
import { receiveLateParts, receiveMessage } from '#core/messages/index.js';
import { addNumber, removeNumber } from '#core/numbers/index.js';
import { isSuppressed, suppress } from '#core/suppression/index.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

const CARRIER = 'car_test';
const DAY_MS = 86_400_000;
let world: World;
let receiver: Receiver;
let people = 0;
let person: string;
beforeAll(async () => {
  world = await openWorld();
  receiver = await openReceiver();
});
afterAll(async () => {
  await world.close();
  await receiver.close();
});
beforeEach(() => {
  person = `+1212557${String((people += 1)).padStart(4, '0')}`;
  receiver.received.length = 0;
});

const text = (words: string, more: Partial<IncomingText> = {}) =>
  receiveMessage(world.core, CARRIER, { from: person, to: SANDBOX_NUMBER, text: words, ...more });
/** The same platform, at a later time. */
const later = (ms: number): World['core'] => ({
  ...world.core,
  clock: { now: () => world.clock.now() + ms, after: (...timer) => world.clock.after(...timer) },
});
const now = (): Date => new Date(world.clock.now());
const ofPerson = () => ({ accountId: world.account.id, mode: 'live', address: person }) as const;
const stopped = (purpose: 'marketing' | 'transactional' | 'person' = 'transactional') =>
  isSuppressed(world.core.db, world.core.secrets, { ...ofPerson(), purpose, channel: 'sms' });
const received = () =>
  world.core.db
    .selectFrom('messages')
    .selectAll()
    .where('from_address', '=', person)
    .where('direction', '=', 'in')
    .orderBy('id')
    .execute();
const answers = async () =>
  (
    await world.core.db
      .selectFrom('messages')
      .select(['text', 'confirmation', 'metadata', 'from_address', 'mode'])
      .where('to_address', '=', person)
      .where('direction', '=', 'out')
      .orderBy('id')
      .execute()
  ).map(({ metadata, ...row }) => ({ ...row, answers: metadata?.['answers'] }));
const events = async () =>
  (
    await world.core.db
      .selectFrom('events')
      .select(['type', 'data'])
      .where('account_id', '=', world.account.id)
      .orderBy('sequence')
      .execute()
  )
    .filter(({ data }) => data['from'] === person || data['address'] === person)
    .map(({ type }) => type);

describe('a text from outside', () => {
  test('is written down, and told to the webhook of the last call to the person', async () => {
    const sent = { from: person, to: SANDBOX_NUMBER };
    const placed = await world.request('POST', '/api/v1/calls', {
      body: { to: person, from: SANDBOX_NUMBER, message: 'Hello.', webhook_url: receiver.url, metadata: { order: 7 } },
    });
    expect(placed.status).toBe(201);
    const id = String(placed.body['call_id']);
    await world.runUntil('the end of the call', async () => {
      const { body } = await world.request('GET', `/api/v1/calls/${id}`);
      return body['completed_at'] !== null;
    });
    await receiveMessage(world.core, LOOPBACK, { ...sent, text: 'See you at five \u{1f44d}\u0000' });
    await world.runUntil('the webhook', () => receiver.events('sms.received').length > 0);
    expect(await received()).toMatchObject([
      { status: 'received', text: 'See you at five \u{1f44d}', encoding: 'ucs2', segments: 1, mode: 'test' },
    ]);
    expect(receiver.events('sms.received')).toEqual([
      {
        event: 'sms.received',
        sms_id: expect.stringMatching(/^sms_/) as string,
        from: person,
        to: SANDBOX_NUMBER,
        text: 'See you at five \u{1f44d}',
        segments: 1,
        in_reply_to: id,
        metadata: { order: 7 },
        timestamp: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/) as string,
      },
    ]);
    await receiveMessage(world.core, LOOPBACK, { ...sent, text: 'STOP' });
    await world.runUntil('the webhook', () => receiver.events('contact.optout').length > 0);
    expect(receiver.events('contact.optout')).toMatchObject([
      {
        to: person,
        from: SANDBOX_NUMBER,
        source: 'text',
        call_id: null,
        sms_id: expect.stringMatching(/^sms_/) as string,
      },
    ]);
    expect(receiver.allSigned(world.webhookSecret)).toBe(true);
  });

  test('is one text, however often and however fast the carrier tells of it', async () => {
    await Promise.all([1, 2, 3, 4].map(() => text('Hello', { theirId: `${person}-1` })));
    await text('Hello', { theirId: `${person}-1` });
    expect(await received()).toHaveLength(1);
    await text('Hello', { theirId: `${person}-2` });
    expect(await received()).toHaveLength(2);
  });

  test('is joined out of its parts, in whatever order they come', async () => {
    const part = (number: number, words: string, reference = 9) =>
      text(words, { theirId: `${person}-${reference}-${number}`, concatenation: { reference, part: number, of: 3 } });
    await part(3, ' and three');
    await part(1, 'one');
    await part(1, 'one');
    expect(await received()).toEqual([]);
    await part(2, ', two');
    expect(await received()).toMatchObject([{ text: 'one, two and three', segments: 3 }]);
    await Promise.all([part(2, 'b', 10), part(3, 'c', 10), part(1, 'a', 10)]);
    expect((await received()).map((row) => row.text)).toEqual(['one, two and three', 'abc']);
  });

  test('whose other parts do not come is a text as it is after a day', async () => {
    await text('first', { concatenation: { reference: 1, part: 1, of: 3 } });
    await text('third', { concatenation: { reference: 1, part: 3, of: 3 } });
    expect(await receiveLateParts(later(DAY_MS - 1))).toBe(0);
    expect(await received()).toEqual([]);
    expect(await receiveLateParts(later(DAY_MS))).toBe(1);
    expect(await received()).toMatchObject([{ text: 'firstthird' }]);
    expect(await receiveLateParts(later(DAY_MS))).toBe(0);
  });

  test('is not lost where its number of parts comes again for another', async () => {
    await text('old', { concatenation: { reference: 1, part: 1, of: 2 } });
    await text('new', { concatenation: { reference: 1, part: 1, of: 2 } });
    await text('er', { concatenation: { reference: 1, part: 2, of: 2 } });
    expect((await received()).map((row) => row.text)).toEqual(['old', 'newer']);
  });

  test('whose first parts came to one account is never told another, and is forgotten with its sender', async () => {
    const { id: accountId } = await createAccount(world.core, { name: 'Another account', actor: 'test' });
    const theirs = `+1212558${String(people).padStart(4, '0')}`;
    await addNumber(world.core, { accountId, mode: 'live', number: theirs, actor: 'test' });
    const first = { concatenation: { reference: 1, part: 1, of: 2 } };
    await text('ours', first);
    await text('theirs', { ...first, to: theirs });
    const waiting = async () =>
      (
        await world.core.db.selectFrom('incoming_parts').select('text').where('from_address', '=', person).execute()
      ).map((row) => row.text);
    const erasing = { accountId: world.account.id, mode: 'test', phone: person, actor: 'test' } as const;
    await erasePerson(world.core, erasing);
    expect((await waiting()).sort()).toEqual(['ours', 'theirs']);
    await erasePerson(world.core, { ...erasing, mode: 'live' });
    expect(await waiting()).toEqual(['theirs']);
    await removeNumber(world.core, { accountId, mode: 'live', number: theirs, actor: 'test' });
    await addNumber(world.core, { accountId: world.account.id, mode: 'live', number: theirs, actor: 'test' });
    await receiveLateParts(later(DAY_MS));
    expect(await received()).toEqual([]);
    expect(await waiting()).toEqual([]);
  });

  test('to a number that nobody owns is kept nowhere', async () => {
    await text('STOP', { to: '+15005550199', theirId: `${person}-1` });
    await text('Hello', { to: '+15005550199', concatenation: { reference: 1, part: 1, of: 2 } });
    expect(await received()).toEqual([]);
    const kept = world.core.db.selectFrom('incoming_parts').select('text').where('from_address', '=', person);
    expect(await kept.execute()).toEqual([]);
    expect(await stopped()).toBe(false);
  });
});

describe('STOP', () => {
  test('opts out once, with one answer, however often it comes', async () => {
    await Promise.all(['STOP', 'stop!', 'Unsubscribe', 'opt out'].map((words) => text(words)));
    await text('Stop');
    expect(await received()).toHaveLength(5);
    expect(await stopped()).toBe(true);
    expect(await stopped('person')).toBe(true);
    expect(await answers()).toEqual([
      {
        text: 'Test account: You have opted out and will get no more messages. Reply START to get them again.',
        confirmation: true,
        from_address: SANDBOX_NUMBER,
        mode: 'live',
        answers: 'opt_out',
      },
    ]);
    expect((await events()).filter((type) => type === 'contact.opted_out')).toHaveLength(1);
  });

  test('is taken back by START, once, with one answer; and comes again', async () => {
    await text('START');
    expect(await answers()).toEqual([]);
    await text('STOP');
    await Promise.all(['START', 'Yes', 'unstop'].map((words) => text(words)));
    expect(await stopped()).toBe(false);
    await text('STOP');
    expect(await stopped()).toBe(true);
    expect((await answers()).map((row) => row.answers)).toEqual(['opt_out', 'opt_in', 'opt_out']);
    const changes = (await events()).filter((type) => type.startsWith('contact.'));
    expect(changes).toEqual(['contact.opted_out', 'contact.opted_in', 'contact.opted_out']);
  });

  test('is not answered where the carrier does, nor to whom everything is blocked', async () => {
    const at = now();
    for (const [id, kind, settings] of [
      ['car_own', 'smpp', { ownOptOutReplies: true }],
      ['car_twilio', 'twilio', {}],
    ] as const) {
      await world.core.db
        .insertInto('carriers')
        .values({ id, name: id, kind, settings: JSON.stringify(settings), created_at: at, updated_at: at })
        .execute();
      const words = { from: person, to: SANDBOX_NUMBER, text: 'STOP' };
      await receiveMessage(world.core, id, words);
      expect(await stopped()).toBe(true);
      expect(await answers()).toEqual([]);
      person = `+1212558${String((people += 1)).padStart(4, '0')}`;
    }
    await world.core.db
      .transaction()
      .execute((tx) => suppress(tx, world.core.secrets, { ...ofPerson(), source: 'owner', scope: 'all', at }));
    await text('STOP');
    await text('HELP');
    expect(await answers()).toEqual([]);
  });

  test('START does not take back what was said in a call', async () => {
    await world.core.db
      .transaction()
      .execute((tx) => suppress(tx, world.core.secrets, { ...ofPerson(), source: 'key', callId: 'cal_1', at: now() }));
    await text('START');
    expect(await stopped()).toBe(true);
    expect(await answers()).toEqual([]);
  });
});

test('HELP is answered once a day for each person, in the account’s own words, also after STOP', async () => {
  const set = (value: string | null) =>
    setOutreachPolicy(world.core, { accountId: world.account.id, name: 'help_text', value, actor: 'test' });
  await set('{NAME}, 1 Main Street. Reply STOP to opt out.');
  await text('STOP');
  await Promise.all(['HELP', 'info', 'Help!'].map((words) => text(words)));
  const help = { from: person, to: SANDBOX_NUMBER, text: 'HELP' };
  await receiveMessage(later(DAY_MS - 1), CARRIER, help);
  expect((await answers()).map((row) => row.answers)).toEqual(['opt_out', 'help']);
  await receiveMessage(later(DAY_MS), CARRIER, help);
  expect((await answers()).map((row) => row.text).slice(1)).toEqual([
    'Test account, 1 Main Street. Reply STOP to opt out.',
    'Test account, 1 Main Street. Reply STOP to opt out.',
  ]);
  await set(null);
});

test('free words that seem to revoke stop marketing alone, without an answer, until somebody has looked', async () => {
  await text('Please stop texting me');
  await text('and don’t call me again!');
  expect([await stopped('marketing'), await stopped('transactional')]).toEqual([true, false]);
  expect(await answers()).toEqual([]);
  const entries = await world.core.db
    .selectFrom('suppressions')
    .select(['scope', 'source', 'review_text', 'reviewed_at'])
    .where('address', '=', person)
    .execute();
  expect(entries).toEqual([
    { scope: 'marketing', source: 'free_text', review_text: 'Please stop texting me', reviewed_at: null },
  ]);
  const { id } = await world.core.db
    .selectFrom('messages')
    .select('id')
    .where('text', '=', 'Please stop texting me')
    .executeTakeFirstOrThrow();
  expect((await world.request('DELETE', `/api/v1/sms/${id}`, { key: world.keys.live })).status).toBe(204);
  const left = await world.core.db.selectFrom('suppressions').selectAll().where('message_id', '=', id).execute();
  expect(left).toMatchObject([{ address: person, review_text: null, lifted_at: null }]);
});
