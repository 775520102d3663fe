import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LOOPBACK } from '#carriers/carrier.js';
import { createAccount, createKey } from '#core/accounts/index.js';
import { erasePerson } from '#core/contacts/index.js';
import { insertMessages, queuedMessage, receiveMessage } from '#core/messages/index.js';
import { noteTexts } from '#core/messages/note-conversations.js';
import { addNumber } from '#core/numbers/index.js';
import { suppress } from '#core/suppression/index.js';
import { HeldClock } from '../held-clock.js';
import { queueTexts } from '../queued-texts.js';
import { openWorld, type Reply, type RequestOptions, type World } from '../world.js';

/** Request -> response, for texts with one person at a time. */
let world: World;
beforeAll(async () => {
  world = await openWorld();
  // The sandbox's number is every account's: a text from outside finds whoever alone owns the number.
  const { id: accountId } = world.account;
  await addNumber(world.core, { accountId, mode: 'test', number: OURS, actor: 'test' });
});
afterAll(() => world.close());
beforeEach(() => wait(61_000));

const OURS = '+15005550123';
const idWith = (theirs: string, ours = OURS): string => `${ours.slice(1)}-${theirs.slice(1)}`;

/** Not everything that falls due meanwhile: these tables are not about limits. */
async function wait(ms: number): Promise<void> {
  if (world.clock instanceof HeldClock) world.clock.advance(ms);
  await world.settle();
}

function ask(method: string, path: string, options: RequestOptions = {}): Promise<Reply> {
  return world.request(method, `/api/v2${path}`, options);
}

/** One thing, or a page of them. */
async function get<T = Record<string, unknown>>(path: string): Promise<T> {
  const reply = await ask('GET', path);
  expect(reply.status, JSON.stringify(reply.body)).toBe(200);
  return reply.body['data'] as T;
}

async function receive(from: string, text: string, to = OURS): Promise<void> {
  await wait(1000);
  await receiveMessage(world.core, LOOPBACK, { from, to, text });
}

async function write(theirs: string, body: string): Promise<Record<string, unknown>> {
  await wait(1000);
  const reply = await ask('POST', `/text-conversations/${idWith(theirs)}`, { body: { body } });
  expect(reply.status, JSON.stringify(reply.body)).toBe(201);
  return reply.body['data'] as Record<string, unknown>;
}

const texts = (theirs: string) => get<Record<string, unknown>[]>(`/text-conversations/${idWith(theirs)}/messages`);

describe('a conversation', () => {
  test('from a number that the networks do not know is written to, with a warning', async () => {
    const unregistered = '+12125550188';
    await addNumber(world.core, { accountId: world.account.id, mode: 'test', number: unregistered, actor: 'test' });
    await wait(1000);
    const path = `/text-conversations/${idWith('+13055550190', unregistered)}`;
    const { status, body } = await ask('POST', path, { body: { body: 'Hello.' } });
    expect(status).toBe(201);
    expect(body['warnings']).toEqual({ conversationId: [expect.stringContaining(unregistered) as string] });
  });

  test('begins with a text that comes in, in the documented form', async () => {
    await receive('+13055550111', 'Is it ready?');
    const at = new Date(world.clock.now()).toISOString().replace('Z', '000Z');
    const text = {
      id: expect.stringMatching(/^sms_/) as string,
      conversation_id: '15005550123-13055550111',
      body: 'Is it ready?',
      read: false,
      direction: 'incoming',
      message_direction: 'incoming',
      status: 'received',
      reason: null,
      from_number: '+13055550111',
      to_number: OURS,
      createdAt: at,
      created_at: at,
      updatedAt: at,
      updated_at: at,
      userEmail: null,
      user_email: null,
      attachments: [],
    };
    expect(await get('/text-conversations/15005550123-13055550111')).toEqual({
      conversation_id: '15005550123-13055550111',
      talkroute_number: OURS,
      contact_number: '+13055550111',
      last_message_at: at,
      last_message: text,
      messages_count: 1,
      unread_count: 1,
      updated_at: at,
    });
    expect(await texts('+13055550111')).toEqual([text]);
  });

  test('begins with a text to somebody new, which is sent word for word', async () => {
    const body = 'Hello {NAME}: 5 < 6 & "so"';
    const sent = await write('+13055550112', body);
    expect(sent).toMatchObject({
      body,
      read: true,
      direction: 'outgoing',
      status: 'queued',
      to_number: '+13055550112',
    });
    await world.runUntil('it is delivered', async () => {
      const [text] = await texts('+13055550112');
      return text?.['status'] === 'delivered';
    });
    expect(await get(`/text-conversations/${idWith('+13055550112')}`)).toMatchObject({
      messages_count: 1,
      unread_count: 0,
      last_message: { id: sent['id'], body },
    });
  });

  test('has a text that is handed over at once, not when the next look is due', async () => {
    for (const person of ['+13055550116', '+13055550117', '+13055550118']) {
      await wait(2000);
      const reply = await ask('POST', `/text-conversations/${idWith(person)}`, { body: { body: 'Now' } });
      expect(reply.status).toBe(201);
      await world.settle();
      expect((await texts(person))[0]?.['status']).not.toBe('queued');
    }
  });

  test('has the texts of every API, but no codes, and of campaigns those to people who have one', async () => {
    const sent = await world.request('POST', '/api/v1/sms', {
      body: { to: '+13055550113', from: OURS, message: 'Your parcel.' },
    });
    expect(sent.status).toBe(201);
    const { rows } = await sql<{ id: string }>`
      insert into campaigns (id, account_id, mode, name, channel, purpose, status, senders, content, dialect, created_at)
      values ('cmp_1', ${world.account.id}, 'test', 'A', 'sms', 'marketing', 'paused', ${[OURS]}, '{}', 'outreach', now())
      returning id`.execute(world.core.db);
    expect(rows).toHaveLength(1);
    const row = (to: string, purpose: 'verification' | 'marketing', recipient?: number) =>
      queuedMessage({
        accountId: world.account.id,
        mode: 'test',
        ...{ purpose, from: OURS, to, text: 'x', encoding: 'gsm7', segments: 1, dialect: 'outreach' },
        campaign: recipient === undefined ? undefined : { id: 'cmp_1', recipient, try: 1 },
        at: new Date(world.clock.now() + 1),
        scheduledAt: new Date(world.clock.now() + 3_600_000),
        expiresAt: new Date(world.clock.now() + 7_200_000),
      });
    await world.core.db
      .transaction()
      .execute((tx) =>
        insertMessages(tx, [
          row('+13055550113', 'marketing', 1),
          row('+13055550114', 'marketing', 2),
          row('+13055550113', 'verification'),
          row('+13055550115', 'verification'),
        ]),
      );
    expect(await get(`/text-conversations/${idWith('+13055550113')}`)).toMatchObject({
      messages_count: 2,
      last_message: { body: 'x', direction: 'outgoing' },
    });
    for (const nobody of ['+13055550114', '+13055550115']) {
      expect((await ask('GET', `/text-conversations/${idWith(nobody)}`)).status).toBe(404);
    }
    await receive('+13055550114', 'Tell me more');
    expect((await texts('+13055550114')).map(({ body }) => body)).toEqual(['Tell me more', 'x']);
  });

  test('is listed with the latest text first, by pages and by filters', async () => {
    const people = ['+13055550121', '+13055550122', '+13055550123'];
    for (const person of people) await receive(person, 'Hello');
    const before = new Date(world.clock.now()).toISOString().replace(/\.\d+Z$/, '+00:00');
    await wait(5000);
    await write(people[0]!, 'Hi');
    const reply = await ask('GET', '/text-conversations?pageSize=2');
    const listed = (body: Record<string, unknown>) =>
      (body['data'] as Record<string, unknown>[]).map((one) => one['contact_number']);
    expect(listed(reply.body)).toEqual([people[0], people[2]]);
    expect(reply.body['pagination']).toMatchObject({ count: 2, currentPage: 1, perPage: 2, from: 1, to: 2 });
    const { total } = reply.body['pagination'] as { total: number };
    const since = await ask('GET', `/text-conversations?since=${encodeURIComponent(before)}`);
    expect(listed(since.body)).toEqual([people[0], people[2]]);
    const one = await ask('GET', '/text-conversations?number=%2B13055550122');
    expect(listed(one.body)).toEqual([people[1]]);
    expect(listed((await ask('GET', '/text-conversations?number=13055550122')).body)).toEqual([people[1]]);

    await ask('PATCH', `/text-conversations/${idWith(people[1]!)}/read`);
    const unread = await ask('GET', '/text-conversations?unread=true&pageSize=100');
    expect(listed(unread.body)).not.toContain(people[1]);
    expect(listed(unread.body)).toContain(people[2]);
    const read = await ask('GET', '/text-conversations?unread=false&pageSize=100');
    expect(listed(read.body)).toContain(people[1]);
    expect((unread.body['pagination'] as { total: number }).total + listed(read.body).length).toBe(total);

    await wait(20_000);
    const changed = await ask('GET', `/text-conversations?updatedAfter=${encodeURIComponent(before)}`);
    expect(listed(changed.body)).toEqual([people[2], people[0], people[1]]);
  });
});

describe('read and unread', () => {
  test('of one text, and of all of them', async () => {
    const person = '+13055550131';
    await receive(person, 'One');
    await receive(person, 'Two');
    const [two, one] = await texts(person);
    const path = `/text-conversations/${idWith(person)}`;
    const unread = async () => (await get(path))['unread_count'];
    expect(await unread()).toBe(2);
    const marked = await ask('PATCH', `${path}/messages/${String(one?.['id'])}`, { body: { read: true } });
    expect(marked).toMatchObject({ status: 200, body: { data: { id: one?.['id'], read: true } } });
    expect(await unread()).toBe(1);
    // Twice is once.
    await ask('PATCH', `${path}/messages/${String(one?.['id'])}/read`);
    expect(await unread()).toBe(1);
    expect((await ask('PATCH', `${path}/messages/${String(one?.['id'])}/unread`)).body).toMatchObject({
      data: { read: false },
    });
    expect(await unread()).toBe(2);
    expect((await ask('PATCH', path, { body: { read: true } })).body).toMatchObject({ data: { unread_count: 0 } });
    expect((await texts(person)).map(({ read }) => read)).toEqual([true, true]);
    expect((await ask('PATCH', `${path}/unread`)).body).toMatchObject({ data: { unread_count: 1 } });
    expect((await texts(person)).map(({ read }) => read)).toEqual([false, true]);
    expect(two?.['body']).toBe('Two');
  });
});

describe('deleting', () => {
  const bodies = async () => {
    const { rows } = await sql<{ words: string }>`
      select coalesce(string_agg(words, ' '), '') as words from (
        select text as words from messages union all select data::text from events union all
        select reply from idempotency_keys) as said`.execute(world.core.db);
    return rows[0]?.words ?? '';
  };

  const audited = (subject: string) =>
    world.core.db.selectFrom('audit_log').selectAll().where('subject', '=', subject).execute();

  test('a text: its words are nowhere, and the conversation is as if it had not been', async () => {
    const person = '+13055550141';
    await receive(person, 'My password is swordfish');
    await write(person, 'Thank you');
    await receive(person, 'Oh no, swordfish-two');
    const [last] = await texts(person);
    const path = `/text-conversations/${idWith(person)}`;
    expect(await bodies()).toContain('swordfish-two');
    expect((await ask('DELETE', `${path}/messages/${String(last?.['id'])}`)).status).toBe(204);
    expect(await bodies()).not.toContain('swordfish-two');
    expect(await get(path)).toMatchObject({
      messages_count: 2,
      unread_count: 1,
      last_message: { body: 'Thank you' },
    });
    expect((await ask('DELETE', `${path}/messages/${String(last?.['id'])}`)).status).toBe(404);
    expect(await audited(String(last?.['id']))).toMatchObject([
      { action: 'message.delete', actor: expect.stringMatching(/^key_/) as string, details: { mode: 'test' } },
    ]);
    expect((await ask('PATCH', `${path}/messages/${String(last?.['id'])}/read`)).status).toBe(404);
  });

  test('a text that waits: it never leaves', async () => {
    const person = '+13055550142';
    const [id] = await queueTexts(world.core, world.account.id, [
      { to: person, from: OURS, text: 'Later', dueInMs: 3_600_000 },
    ]);
    const row = await world.core.db
      .selectFrom('messages')
      .selectAll()
      .where('id', '=', id ?? '')
      .executeTakeFirstOrThrow();
    await noteTexts(world.core.db, [row]);
    expect((await ask('DELETE', `/text-conversations/${idWith(person)}/messages/${String(id)}`)).status).toBe(204);
    const after = await world.core.db
      .selectFrom('messages')
      .select(['status', 'text'])
      .where('id', '=', id ?? '')
      .executeTakeFirst();
    expect(after).toEqual({ status: 'canceled', text: null });
    expect((await ask('GET', `/text-conversations/${idWith(person)}`)).status).toBe(404);
  });

  test('a conversation: all of it, also what was answered under an idempotency key', async () => {
    const person = '+13055550143';
    await receive(person, 'swordfish-three');
    const answer = await ask('POST', `/text-conversations/${idWith(person)}`, {
      body: { body: 'swordfish-four' },
      headers: { 'idempotency-key': 'once' },
    });
    expect(answer.status).toBe(201);
    await world.runUntil('it is delivered', async () => (await texts(person))[0]?.['status'] === 'delivered');
    expect(await bodies()).toContain('swordfish-four');
    const first = String((await texts(person)).at(-1)?.['id']);
    expect((await ask('DELETE', `/text-conversations/${idWith(person)}`)).status).toBe(204);
    expect(await audited(first)).toMatchObject([{ action: 'conversation.delete' }]);
    expect(await bodies()).not.toMatch(/swordfish-(three|four)/);
    expect((await ask('GET', `/text-conversations/${idWith(person)}`)).status).toBe(404);
    expect((await ask('GET', `/text-conversations/${idWith(person)}/messages`)).status).toBe(404);
    expect((await ask('DELETE', `/text-conversations/${idWith(person)}`)).status).toBe(404);
    // Whoever writes again begins anew.
    await receive(person, 'Me again');
    expect(await get(`/text-conversations/${idWith(person)}`)).toMatchObject({ messages_count: 1, unread_count: 1 });
  });

  test('by another API, or of a whole person, takes it out of here', async () => {
    const person = '+13055550144';
    await receive(person, 'One');
    await receive(person, 'Two');
    const [two] = await texts(person);
    expect((await world.request('DELETE', `/api/v1/sms/${String(two?.['id'])}`)).status).toBe(204);
    expect((await texts(person)).map(({ body }) => body)).toEqual(['One']);
    await erasePerson(world.core, { accountId: world.account.id, mode: 'test', phone: person, actor: 'test' });
    expect((await ask('GET', `/text-conversations/${idWith(person)}`)).status).toBe(404);
    const gone = await world.core.db.selectFrom('tombstones').select('id').where('kind', '=', 'message').execute();
    expect(gone.map(({ id }) => id)).toContain(two?.['id']);
  });
});

describe('refused', () => {
  const refused: [what: string, id: string, body: unknown, status: number, field?: string][] = [
    ['no body', idWith('+13055550151'), {}, 422, 'body'],
    ['an empty body', idWith('+13055550151'), { body: '' }, 422, 'body'],
    ['a body of blanks', idWith('+13055550151'), { body: '  ' }, 422, 'body'],
    ['a body too long', idWith('+13055550151'), { body: 'a'.repeat(2000) }, 422, 'body'],
    ['an unknown field', idWith('+13055550151'), { body: 'a', to: 'x' }, 422, 'to'],
    ['an attachment', idWith('+13055550151'), { body: 'a', attachments: ['x'] }, 422, 'attachments.0'],
    ['a number that is not ours', idWith('+13055550151', '+12125550166'), { body: 'a' }, 422, 'conversationId'],
    ['an id that is none', '13055550151', { body: 'a' }, 422, 'conversationId'],
    ['a country that is not allowed', idWith('+4930123456'), { body: 'a' }, 422, 'conversationId'],
  ];
  test.each(refused)('%s', async (_, id, body, status, field) => {
    const reply = await ask('POST', `/text-conversations/${id}`, { body });
    expect(reply.status, JSON.stringify(reply.body)).toBe(status);
    const errors = reply.body['errors'] as Record<string, string[]>;
    expect(Object.keys(errors)).toEqual([field]);
    expect(reply.body['message']).toEqual(expect.any(String));
  });

  test('after a STOP of theirs, whichever way it came', async () => {
    await receive('+13055550152', 'STOP');
    const reply = await ask('POST', `/text-conversations/${idWith('+13055550152')}`, { body: { body: 'But…' } });
    expect(reply).toMatchObject({ status: 422, body: { errors: { conversationId: [expect.any(String)] } } });
    // The one confirmation of it stands in the conversation.
    expect(await texts('+13055550152')).toHaveLength(2);
    await world.core.db.transaction().execute((tx) =>
      suppress(tx, world.core.secrets, {
        accountId: world.account.id,
        mode: 'test',
        address: '+13055550153',
        source: 'owner',
        scope: 'all',
        at: new Date(world.clock.now()),
      }),
    );
    expect((await ask('POST', `/text-conversations/${idWith('+13055550153')}`, { body: { body: 'x' } })).status).toBe(
      422,
    );
  });

  test('sending without the feature, while reading goes on', async () => {
    await receive('+13055550154', 'Hello');
    await sql`insert into plans (id, name, display_name, monthly_price, features)
      values (90, 'small', 'Small', 0, '{"texting": null}')`.execute(world.core.db);
    const plan = (id: number | null) =>
      world.core.db.updateTable('accounts').set({ plan_id: id }).where('id', '=', world.account.id).execute();
    await plan(90);
    try {
      const reply = await ask('POST', `/text-conversations/${idWith('+13055550154')}`, { body: { body: 'x' } });
      expect(reply).toMatchObject({ status: 402, body: { message: expect.stringContaining('plan') as string } });
      expect(await texts('+13055550154')).toHaveLength(1);
    } finally {
      await plan(null);
    }
  });

  test('everything without the feature, while what comes in is kept', async () => {
    await sql`insert into plans (id, name, display_name, monthly_price, features)
      values (91, 'calls', 'Calls', 0, '{"voice": null}')`.execute(world.core.db);
    const plan = (id: number | null) =>
      world.core.db.updateTable('accounts').set({ plan_id: id }).where('id', '=', world.account.id).execute();
    const path = `/text-conversations/${idWith('+13055550156')}`;
    await plan(91);
    try {
      await receive('+13055550156', 'Hello');
      for (const [method, address] of [
        ['GET', '/text-conversations'],
        ['GET', path],
        ['GET', `${path}/messages`],
        ['PATCH', `${path}/read`],
        ['DELETE', path],
      ] as const) {
        const reply = await ask(method, address);
        expect([method, address, reply.status]).toEqual([method, address, 402]);
      }
    } finally {
      await plan(null);
    }
    expect(await texts('+13055550156')).toHaveLength(1);
  });

  test.each([
    ['/text-conversations?since=yesterday', 'since'],
    ['/text-conversations?unread=perhaps', 'unread'],
    ['/text-conversations?number=anna', 'number'],
    ['/text-conversations?page=0', 'page'],
    ['/text-conversations?pageSize=101', 'pageSize'],
    ['/text-conversations?colour=red', 'colour'],
    ['/text-messages', 'updatedAfter'],
  ])('%s', async (path, field) => {
    expect(await ask('GET', path)).toMatchObject({
      status: 422,
      body: { errors: { [field]: [expect.any(String)] } },
    });
  });

  test('what is of another account, or of the other mode', async () => {
    await receive('+13055550155', 'Mine');
    const path = `/text-conversations/${idWith('+13055550155')}`;
    const [text] = await texts('+13055550155');
    const other = await createAccount(world.core, { name: 'Others', actor: 'test' });
    const { secret } = await createKey(world.core, { accountId: other.id, mode: 'test', actor: 'test' });
    for (const key of [secret, world.keys.live]) {
      expect((await ask('GET', path, { key })).status).toBe(404);
      expect((await ask('GET', `${path}/messages`, { key })).status).toBe(404);
      expect((await ask('PATCH', `${path}/read`, { key })).status).toBe(404);
      expect((await ask('DELETE', path, { key })).status).toBe(404);
      expect((await ask('DELETE', `${path}/messages/${String(text?.['id'])}`, { key })).status).toBe(404);
      expect((await ask('GET', '/text-conversations', { key })).body).toMatchObject({
        data: [],
        pagination: { total: 0 },
      });
      expect((await ask('POST', path, { key, body: { body: 'x' } })).status).toBe(422);
    }
    expect(await texts('+13055550155')).toEqual([text]);
  });
});

describe('keeping a copy', () => {
  test('what changed is listed in the order of its changes', async () => {
    const person = '+13055550161';
    await wait(10_000);
    const after = encodeURIComponent(new Date(world.clock.now()).toISOString());
    await wait(1000);
    await receive(person, 'One');
    await receive(person, 'Two');
    const [two, one] = await texts(person);
    const changed = async () => {
      await wait(20_000);
      return get<Record<string, unknown>[]>(`/text-messages?updatedAfter=${after}`);
    };
    expect((await changed()).map(({ body }) => body)).toEqual(['One', 'Two']);
    await wait(1000);
    const path = `/text-conversations/${idWith(person)}/messages`;
    await ask('PATCH', `${path}/${String(one?.['id'])}/read`);
    expect((await changed()).map(({ body }) => body)).toEqual(['Two', 'One']);
    // Whoever has seen that asks from the last change on, and hears that it is unread after all.
    await wait(1000);
    const seen = (await changed()).at(-1)?.['updatedAt'] as string;
    await ask('PATCH', `${path}/${String(one?.['id'])}/unread`);
    const now = new Date(world.clock.now()).toISOString().replace('Z', '000Z');
    await wait(20_000);
    const since = await get<Record<string, unknown>[]>(`/text-messages?updatedAfter=${encodeURIComponent(seen)}`);
    expect(since.map(({ body, read }) => ({ body, read }))).toEqual([{ body: 'One', read: false }]);
    expect(since[0]).toMatchObject({ updatedAt: now, updated_at: now });
    await ask('DELETE', `${path}/${String(two?.['id'])}`);
    expect((await changed()).map(({ body }) => body)).toEqual(['One']);
  });
});
