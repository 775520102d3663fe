import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAccount, createKey, type Scope } from '#core/accounts/index.js';
import { addNumber } from '#core/numbers/index.js';
import { suppress } from '#core/suppression/index.js';
import { HeldClock } from '../held-clock.js';
import { openReceiver } from '../receiver.js';
import { openWorld, type Reply, type RequestOptions, type World } from '../world.js';

/** Request -> response for contacts at the Verify door. */
let world: World;
/** A key of another account. */
let stranger: string;
/** A key of an account whose first own number is British. */
let british: string;

beforeAll(async () => {
  world = await openWorld();
  stranger = (await accountWith('Another account')).key;
  const { id, key } = await accountWith('British account');
  british = key;
  for (const number of ['+15005550100', '+442079460000', '+33199001234']) {
    await addNumber(world.core, { accountId: id, mode: 'test', number, actor: 'test' });
    pass(1);
  }
});
afterAll(() => world.close());

function pass(ms: number): void {
  if (world.clock instanceof HeldClock) world.clock.advance(ms);
}

// These tables are not about limits.
beforeEach(async () => {
  pass(60_000);
  await world.settle();
});

async function accountWith(name: string): Promise<{ id: string; key: string }> {
  const { id } = await createAccount(world.core, { name, actor: 'test' });
  return { id, key: (await createKey(world.core, { accountId: id, mode: 'test', actor: 'test' })).secret };
}

function ask(method: string, path: string, options: RequestOptions = {}): Promise<Reply> {
  return world.request(method, `/v1${path}`, options);
}

interface Shown extends Record<string, unknown> {
  id: string;
  phone: string;
}

async function store(body: unknown, options: RequestOptions = {}): Promise<void> {
  const reply = await ask('POST', '/contacts', { body, ...options });
  const ingested = Array.isArray(body) ? body.length : 1;
  expect({ status: reply.status, body: reply.body }).toEqual({ status: 200, body: { object: 'list', ingested } });
}

async function stored(query = '', key?: string): Promise<Shown[]> {
  const reply = await ask('GET', `/contacts${query}`, key === undefined ? {} : { key });
  expect([reply.status, Object.keys(reply.body)]).toEqual([200, ['object', 'data']]);
  return reply.body['data'] as Shown[];
}

async function one(phone: string, key?: string): Promise<Shown> {
  const [contact, ...others] = await stored(`?phone=${encodeURIComponent(phone)}`, key);
  expect(others).toEqual([]);
  if (contact === undefined) throw new Error(`there is no contact ${phone}`);
  return contact;
}

async function rowsWritten(): Promise<unknown> {
  const { rows } = await sql`
    select (select count(*) from contacts) as contacts, (select max(updated_at) from contacts) as changed,
      (select count(*) from events) as events, (select count(*) from audit_log) as acts`.execute(world.core.db);
  return rows[0];
}

/** Refused in this door's form, and nothing was written. */
async function refuses(request: () => Promise<Reply>, status: number, code: string, says: string): Promise<void> {
  const before = await rowsWritten();
  const reply = await request();
  const error = { code, message: expect.stringContaining(says) as string };
  expect({ status: reply.status, body: reply.body }).toEqual({ status, body: { error } });
  expect(await rowsWritten()).toEqual(before);
}

async function createdEvents(subject: string): Promise<object[]> {
  const events = await world.core.db
    .selectFrom('events')
    .select(['type', 'data'])
    .where('subject', '=', subject)
    .execute();
  return events.map(({ type, data }) => ({ type, ...data }));
}

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string;
const NOTHING = { name: null, company: null, email: null, city: null, region: null, country: null };
const DETAILS = {
  name: 'Ann Lee',
  company: 'Lee & Sons',
  email: 'ann@example.com',
  city: 'Boston',
  region: 'MA',
  country: 'US',
};

describe('POST /contacts', () => {
  test('stores one, with an event; the same again changes nothing and is no event', async () => {
    await store({ phone: '+12125550101', ...DETAILS });
    const ann = await one('+12125550101');
    expect(ann).toEqual({
      object: 'contact',
      livemode: false,
      simulated: true,
      id: expect.stringMatching(/^con_[0-9a-z]{26}$/) as string,
      phone: '+12125550101',
      ...DETAILS,
      created_at: TIME,
      updated_at: TIME,
    });
    const created = { type: 'contact.created', phone: '+12125550101', ...DETAILS };
    expect(await createdEvents(ann.id)).toEqual([created]);
    pass(5000);
    await store({ phone: '(212) 555-0101', ...DETAILS });
    expect(await one('+12125550101')).toEqual(ann);
    expect(await createdEvents(ann.id)).toEqual([created]);
  });

  test('keeps what is absent, clears what is null or blank, and says when it changed', async () => {
    await store({ phone: '+12125550102', ...DETAILS });
    const before = await one('+12125550102');
    pass(5000);
    await store({ phone: '+12125550102', name: ' Anna ', company: null, city: '  ' });
    const after = await one('+12125550102');
    expect(after).toEqual({ ...before, name: 'Anna', company: null, city: null, updated_at: TIME });
    expect(after['updated_at']).not.toBe(before['updated_at']);
    expect(await createdEvents(after.id)).toHaveLength(1);
  });

  test('takes a list; a number that is there twice is one contact, of which the later fields win', async () => {
    await store({ phone: '+12125550103', city: 'Boston' });
    await store([
      { phone: '+12125550103', name: 'First', company: 'Kept' },
      { phone: '+12125550104', name: 'Other' },
      { phone: '1 212 555 0103', name: 'Second', city: null },
      { phone: '+12125550104', email: 'other@example.com' },
    ]);
    expect(await one('+12125550103')).toMatchObject({ ...NOTHING, name: 'Second', company: 'Kept' });
    const other = await one('+12125550104');
    expect(other).toMatchObject({ ...NOTHING, name: 'Other', email: 'other@example.com' });
    expect(await createdEvents(other.id)).toEqual([
      { type: 'contact.created', phone: '+12125550104', ...NOTHING, name: 'Other', email: 'other@example.com' },
    ]);
  });

  test('tells the endpoints that asked for new contacts, once for each, and nothing of one that is removed', async () => {
    const receiver = await openReceiver();
    const { key } = await accountWith('Listening');
    const body = { url: receiver.url, system: 'integration', events: ['contact.created'] };
    expect((await ask('POST', '/webhook_endpoints', { key, body })).status).toBe(201);
    await store([{ phone: '+12125550160', name: 'Ann' }, { phone: '+12125550161' }], { key });
    await store([{ phone: '+12125550160', name: 'Anna' }, { phone: '+12125550162' }], { key });
    await world.runUntil('three deliveries', () => receiver.events('contact.created').length >= 3);
    const told = receiver.events('contact.created').map(({ data }) => data as { id: string; phone: string });
    expect(told.map(({ phone }) => phone).sort()).toEqual(['+12125550160', '+12125550161', '+12125550162']);
    expect(told).toContainEqual({
      ...NOTHING,
      id: expect.stringMatching(/^con_/) as string,
      phone: '+12125550160',
      name: 'Ann',
    });

    // Its delivery waits for a second try when the contact is removed.
    receiver.answer(500);
    await store({ phone: '+12125550163', name: 'Secret' }, { key });
    await world.runUntil('the first try', () => receiver.events('contact.created').length >= 4);
    await world.settle();
    receiver.answer(200);
    const { id } = await one('+12125550163', key);
    expect((await ask('DELETE', `/contacts/${id}`, { key })).status).toBe(200);
    await world.run(60_000);
    expect(receiver.received).toHaveLength(4);
    await receiver.close();
  });

  test('completes national numbers by the country of the oldest number that is not the sandbox’s', async () => {
    await store([{ phone: '020 7946 0018' }, { phone: '00 1 212 555 0100' }], { key: british });
    expect((await stored('', british)).map(({ phone }) => phone)).toEqual(['+12125550100', '+442079460018']);
    expect((await one('020 7946 0018', british)).phone).toBe('+442079460018');
    await refuses(
      () => ask('POST', '/contacts', { key: british, body: [{ phone: '60777' }] }),
      400,
      'invalid',
      '[0].phone: "60777" is not a phone number that can be called: write it with + and the country code, or as inside +44.',
    );
    await refuses(
      () => ask('POST', '/contacts', { key: stranger, body: { phone: '020 7946 0018' } }),
      400,
      'invalid',
      'phone: "020 7946 0018" is not a phone number that can be called: write it with + and the country code; the account has no number',
    );
  });

  test('stores a thousand at once, each with its event, and a million characters of them', async () => {
    const { id, key } = await accountWith('Many');
    const long = (at: number, most: number): string => `${at} ${'ü'.repeat(most)}`.slice(0, most);
    const contacts = Array.from({ length: 1000 }, (_, at) => ({
      phone: `+1212${5_550_000 + at}`,
      name: long(at, 200),
      company: long(at, 200),
      email: `${at}@${'e'.repeat(249 - String(at).length)}.com`,
      city: long(at, 100),
      region: long(at, 100),
      country: long(at, 100),
    }));
    await store(contacts, { key });
    const first = await stored('?limit=600', key);
    const rest = await stored(`?limit=600&starting_after=${first.at(-1)?.id}`, key);
    expect([first.length, rest.length]).toEqual([600, 400]);
    const shown = [...first, ...rest].map(({ phone, name }) => ({ phone, name }));
    expect(shown).toEqual(contacts.map(({ phone, name }) => ({ phone, name })));
    const events = await world.core.db.selectFrom('events').select('subject').where('account_id', '=', id).execute();
    expect(new Set(events.map(({ subject }) => subject))).toEqual(new Set([...first, ...rest].map((row) => row.id)));
    expect(events).toHaveLength(1000);
    await refuses(
      () => ask('POST', '/contacts', { key, body: [...contacts, { phone: '+12125560000' }] }),
      400,
      'invalid',
      'The body must not have more than 1000 items.',
    );
  });

  const good = { phone: '+12125550199', name: 'Never stored' };
  test.each<[string, unknown, string]>([
    ['no body', undefined, 'The body must be a JSON object or a list of them.'],
    ['a text', '"hello"', 'The body must be a JSON object or a list of them.'],
    ['null', 'null', 'The body must be a JSON object or a list of them.'],
    ['what is no JSON', '[{"phone":', 'JSON'],
    ['an empty list', [], 'The body must not have fewer than 1 items.'],
    ['a list in a list', [[good]], '[0]: '],
    ['no phone', { name: 'Ann' }, 'phone: '],
    ['phone null', { phone: null }, 'phone: '],
    ['phone as a number', { phone: 12125550100 }, 'phone: '],
    ['a phone too short', { phone: '911' }, 'phone: '],
    ['a short code', { phone: '55501' }, 'phone: "55501" is not a phone number'],
    ['words', { phone: 'call me' }, 'phone: "call me" is not a phone number'],
    ['a long text for a phone', { phone: '1'.repeat(65) }, 'phone: '],
    ['name as a number', { ...good, name: 5 }, 'name: '],
    ['name too long', { ...good, name: 'n'.repeat(201) }, 'name: It has more than 200 characters.'],
    ['email that is none', { ...good, email: 'ann' }, 'email: "ann" is not an e-mail address.'],
    ['country too long', { ...good, country: 'c'.repeat(101) }, 'country: '],
    ['an unknown field', { ...good, colour: 'red' }, 'colour: '],
    ['one bad among good, without phone', [good, good, good, {}], '[3].phone: '],
    ['one bad among good, by its type', [good, { ...good, city: false }], '[1].city: '],
    ['one bad among good, by its number', [good, { phone: '12345' }, good], '[1].phone: "12345"'],
    ['one bad among good, by its address', [good, good, { ...good, email: 'x' }], '[2].email: "x"'],
    ['an unknown field among good', [good, { ...good, id: 'con_1' }], '[1].id: '],
    ['half of a surrogate pair', '[{"phone":"+12125550199","name":"\\ud800"}]', 'surrogate'],
  ])('refuses %s, and stores nothing', async (_, body, says) => {
    await refuses(() => ask('POST', '/contacts', { body }), 400, 'invalid', says);
    expect(await stored('?phone=%2B12125550199')).toEqual([]);
  });

  test('refuses a body over four megabytes', async () => {
    const body = [{ phone: '+12125550199', name: 'n'.repeat(4 * 1024 * 1024) }];
    const reply = await ask('POST', '/contacts', { body });
    expect(reply).toMatchObject({ status: 413, body: { error: { code: 'body_too_large' } } });
  });

  test('does the same numbers once and without waiting in a circle, whatever the order they come in', async () => {
    const { id, key } = await accountWith('Crowd');
    const phones = Array.from({ length: 100 }, (_, at) => `+1646555${1000 + at}`);
    const turned = (by: number): string[] => [...phones.slice(by), ...phones.slice(0, by)];
    await Promise.all(
      Array.from({ length: 16 }, (_, at) => {
        const list = at % 2 === 0 ? turned(at * 6) : turned(at * 6).reverse();
        return store(
          list.map((phone) => ({ phone, [at % 2 === 0 ? 'name' : 'company']: `of request ${at}` })),
          { key },
        );
      }),
    );
    const contacts = await stored('?limit=1000', key);
    expect(contacts.map(({ phone }) => phone).sort()).toEqual(phones);
    // Nobody's field was lost to a request that did not name it.
    expect(contacts.every(({ name, company }) => name !== null && company !== null)).toBe(true);
    const events = await world.core.db.selectFrom('events').select('id').where('account_id', '=', id).execute();
    expect(events).toHaveLength(100);
  });

  test('is done once under an Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'contacts-1' };
    await store({ phone: '+12125550110', name: 'First' }, { headers });
    await store({ phone: '+12125550110', name: 'Changed since' });
    const again = await ask('POST', '/contacts', { body: { phone: '+12125550110', name: 'First' }, headers });
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([200, 'true']);
    expect((await one('+12125550110'))['name']).toBe('Changed since');
  });

  test('lifts no opt-out, and neither does the removal of a contact', async () => {
    const address = '+12125550111';
    await store({ phone: address });
    const { core, account } = world;
    const placed = await world.request('POST', '/api/v1/calls', {
      body: { to: address, from: '+15005550100', message: 'Hello.' },
    });
    const callId = String(placed.body['call_id']);
    const optOut = {
      accountId: account.id,
      mode: 'test' as const,
      address,
      source: 'key' as const,
      callId,
      at: new Date(core.clock.now()),
    };
    await core.db.transaction().execute((tx) => suppress(tx, world.core.secrets, optOut));
    await store([{ phone: address, name: 'Back again' }]);
    await ask('DELETE', `/contacts/${(await one(address)).id}`);
    await store({ phone: address });
    const refused = await world.request('POST', '/api/v1/calls', {
      body: { to: address, from: '+15005550100', message: 'Hello.' },
    });
    expect([refused.status, refused.body]).toMatchObject([403, { error: { code: 'recipient_opted_out' } }]);
  });
});

describe('GET /contacts', () => {
  test('gives pages, and what changed since', async () => {
    const { key } = await accountWith('Pages');
    expect(await stored('', key)).toEqual([]);
    for (const at of [1, 2, 3]) {
      await store({ phone: `+1212555020${at}`, name: `No. ${at}` }, { key });
      pass(10_000);
    }
    const all = await stored('', key);
    expect(all.map(({ name }) => name)).toEqual(['No. 1', 'No. 2', 'No. 3']);
    expect(await stored('?limit=2', key)).toEqual(all.slice(0, 2));
    expect(await stored(`?limit=2&starting_after=${all[1]?.id}`, key)).toEqual(all.slice(2));
    await store({ phone: '+12125550201', name: 'No. 1 again' }, { key });
    const since = encodeURIComponent(String(all[2]?.['updated_at']));
    pass(20_000);
    expect((await stored(`?updated_after=${since}`, key)).map(({ name }) => name)).toEqual(['No. 1 again', 'No. 3']);
    for (const [query, says] of [
      ['limit=0', 'limit: '],
      ['limit=1001', 'limit: '],
      ['updated_after=yesterday', 'updated_after: '],
      ['updated_after=2026-03-02T15:00:00', 'updated_after: '],
      ['phone=nobody', 'phone: '],
      ['name=Ann', 'name: '],
    ] as const) {
      await refuses(() => ask('GET', `/contacts?${query}`, { key }), 400, 'invalid', says);
    }
  });

  test('gives one by its id', async () => {
    await store({ phone: '+12125550120' });
    const contact = await one('+12125550120');
    expect(await ask('GET', `/contacts/${contact.id}`)).toMatchObject({ status: 200, body: contact });
    await refuses(() => ask('GET', '/contacts/con_none'), 404, 'not_found', 'con_none');
  });
});

describe('DELETE /contacts/{id}', () => {
  test('removes it, and what its events say of it', async () => {
    await store({ phone: '+12125550130', ...DETAILS });
    const { id } = await one('+12125550130');
    expect(await ask('DELETE', `/contacts/${id}`)).toMatchObject({
      status: 200,
      body: { object: 'contact', livemode: false, simulated: true, id, deleted: true },
    });
    expect(await stored('?phone=%2B12125550130')).toEqual([]);
    expect(await createdEvents(id)).toEqual([{ type: 'contact.created' }]);
    const acts = await world.core.db.selectFrom('audit_log').selectAll().where('subject', '=', id).execute();
    expect(acts).toMatchObject([{ action: 'contact.remove', actor: expect.stringMatching(/^key_/) as string }]);
    expect(JSON.stringify(acts)).not.toContain('2125550130');
    await refuses(() => ask('DELETE', `/contacts/${id}`), 404, 'not_found', id);
  });
});

describe('whoever asks', () => {
  test('sees nothing of another account, nor of the other mode', async () => {
    await store({ phone: '+12125550140', name: 'Hidden' });
    const { id } = await one('+12125550140');
    for (const key of [stranger, world.keys.live]) {
      await refuses(() => ask('GET', `/contacts/${id}`, { key }), 404, 'not_found', id);
      await refuses(() => ask('DELETE', `/contacts/${id}`, { key }), 404, 'not_found', id);
      expect(await stored('?phone=%2B12125550140', key)).toEqual([]);
      await store({ phone: '+12125550140', name: 'Other' }, { key });
    }
    expect((await one('+12125550140'))['name']).toBe('Hidden');
    const live = await one('+12125550140', world.keys.live);
    expect(live).toMatchObject({ livemode: true, name: 'Other' });
    expect(live).not.toHaveProperty('simulated');
  });

  test('needs a key with the scope', async () => {
    const keyWith = async (...scopes: Scope[]): Promise<string> =>
      (await createKey(world.core, { accountId: world.account.id, mode: 'test', scopes, actor: 'test' })).secret;
    const reads = await keyWith('contacts:read');
    const writes = await keyWith('contacts:write');
    await store({ phone: '+12125550150' }, { key: writes });
    const { id } = await one('+12125550150', reads);
    const body = { phone: '+12125550151' };
    await refuses(() => ask('POST', '/contacts', { key: reads, body }), 403, 'forbidden', 'contacts:write');
    await refuses(() => ask('DELETE', `/contacts/${id}`, { key: reads }), 403, 'forbidden', 'contacts:write');
    await refuses(() => ask('GET', '/contacts', { key: writes }), 403, 'forbidden', 'contacts:read');
    await refuses(() => ask('GET', `/contacts/${id}`, { key: writes }), 403, 'forbidden', 'contacts:read');
    await refuses(() => ask('POST', '/contacts', { key: null, body }), 401, 'unauthorized', 'API key');
  });
});
