import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAccount, createKey } from '#core/accounts/index.js';
import { isSuppressed, liftSuppression } from '#core/suppression/index.js';
import { HeldClock } from '../held-clock.js';
import { openWorld, SANDBOX_NUMBER, type Reply, type RequestOptions, type World } from '../world.js';

/** Request -> response for contacts and lists at the Outreach door. */
let world: World;
let stranger: string;
let readOnly: string;

beforeAll(async () => {
  world = await openWorld();
  const { id } = await createAccount(world.core, { name: 'Another account', actor: 'test' });
  stranger = (await createKey(world.core, { accountId: id, mode: 'test', actor: 'test' })).secret;
  const scopes = ['contacts:read' as const];
  const { secret } = await createKey(world.core, { accountId: world.account.id, mode: 'test', scopes, actor: 'test' });
  readOnly = secret;
});
afterAll(() => world.close());

beforeEach(async () => {
  // These tables are not about limits.
  if (world.clock instanceof HeldClock) world.clock.advance(60_000);
  await world.settle();
});

function ask(method: string, path: string, options: RequestOptions = {}): Promise<Reply> {
  return world.request(method, `/api/v1${path}`, options);
}

type Shown = Record<string, unknown> & { contact_id: string; phone: string };

async function store(body: Record<string, unknown>): Promise<Shown> {
  const reply = await ask('POST', '/contacts', { body });
  expect([200, 201]).toContain(reply.status);
  return reply.body as Shown;
}

async function list(query: string): Promise<Shown[]> {
  const reply = await ask('GET', `/contacts?${query}`);
  expect(reply.status).toBe(200);
  return reply.body['contacts'] as Shown[];
}

function now(): string {
  return `${new Date(world.clock.now()).toISOString().slice(0, 19)}Z`;
}

async function suppressed(address: string, channel: 'voice' | 'sms'): Promise<boolean> {
  const { db, secrets } = world.core;
  const asked = { accountId: world.account.id, mode: 'test' as const, address, purpose: 'transactional' as const };
  return isSuppressed(db, secrets, { ...asked, channel });
}

describe('POST /api/v1/contacts', () => {
  test('makes a contact with all that is known', async () => {
    const reply = await ask('POST', '/contacts', {
      body: {
        phone: '(212) 555-0200',
        first_name: 'Sarah',
        last_name: 'Connor',
        email: 'sarah@example.org',
        external_id: 'crm-200',
        time_zone: 'America/Los_Angeles',
        variables: { APPT_DATE: 'Tuesday', COUNT: 3 },
        tags: ['vip', 'spring', 'vip'],
        consent: { sms: { granted: true, basis: 'web form' } },
      },
    });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      contact_id: expect.stringMatching(/^con_/) as string,
      phone: '+12125550200',
      name: 'Sarah Connor',
      first_name: 'Sarah',
      last_name: 'Connor',
      company: null,
      email: 'sarah@example.org',
      city: null,
      region: null,
      country: null,
      external_id: 'crm-200',
      time_zone: 'America/Los_Angeles',
      variables: { APPT_DATE: 'Tuesday', COUNT: '3' },
      tags: ['spring', 'vip'],
      lists: [],
      opted_out: { voice: false, sms: false },
      consent: { voice: null, sms: { granted: true, basis: 'web form', source: 'api', since: now() } },
      created_at: now(),
      updated_at: now(),
    });
    expect((await ask('GET', `/contacts/${String(reply.body['contact_id'])}`)).body).toEqual(reply.body);
  });

  test('changes what is given of a known number, and says 200', async () => {
    await store({
      phone: '+12125550201',
      first_name: 'Ada',
      city: 'London',
      variables: { a: '1', b: '2' },
      tags: ['x'],
    });
    const reply = await ask('POST', '/contacts', {
      body: { phone: '+12125550201', last_name: 'Lovelace', city: null, variables: { b: null, c: '3' } },
    });
    expect(reply).toMatchObject({
      status: 200,
      body: { name: 'Ada Lovelace', city: null, variables: { a: '1', c: '3' }, tags: ['x'] },
    });
  });

  test('is one address book with the Verify door', async () => {
    await world.request('POST', '/v1/contacts', { body: { phone: '+12125550202', name: 'Grace Hopper' } });
    expect(await list('phone=%2B12125550202')).toMatchObject([{ name: 'Grace Hopper', first_name: null }]);
    await store({ phone: '+12125550202', first_name: 'Grace', last_name: 'Murray' });
    const theirs = await world.request('GET', '/v1/contacts?phone=%2B12125550202');
    expect(theirs.body['data']).toMatchObject([{ name: 'Grace Murray' }]);
    await world.request('POST', '/v1/contacts', { body: { phone: '+12125550202', name: 'Admiral Hopper' } });
    expect(await list('phone=%2B12125550202')).toMatchObject([
      { name: 'Admiral Hopper', first_name: null, last_name: null },
    ]);
  });

  test('takes a list, all of it or nothing', async () => {
    const good = await ask('POST', '/contacts', { body: [{ phone: '+12125550203' }, { phone: '+12125550204' }] });
    expect(good).toMatchObject({ status: 201, body: { created: 2 } });
    const bad = await ask('POST', '/contacts', {
      body: [{ phone: '+12125550205' }, { phone: '+12125550206', time_zone: 'Mars/Base' }],
    });
    expect(bad).toMatchObject({ status: 400, body: { error: { code: 'invalid_request', field: '[1].time_zone' } } });
    expect(await list('phone=%2B12125550205')).toEqual([]);
  });

  test('opts a person out, and never in', async () => {
    expect(await store({ phone: '+12125550207', opted_out: { voice: true } })).toMatchObject({
      opted_out: { voice: true, sms: false },
    });
    expect(await suppressed('+12125550207', 'voice')).toBe(true);
    expect(await suppressed('+12125550207', 'sms')).toBe(false);
    const refused = await ask('POST', '/contacts', { body: { phone: '+12125550207', opted_out: { voice: false } } });
    expect(refused).toMatchObject({
      status: 409,
      body: {
        error: { code: 'contact_opted_out', field: 'opted_out.voice', message: expect.stringMatching(/dnc/) as string },
      },
    });
    await store({ phone: '+12125550207', name: 'Still out', opted_out: { sms: false } });
    expect(await suppressed('+12125550207', 'voice')).toBe(true);
    const { id: accountId } = world.account;
    await world.core.db.transaction().execute(async (tx) => {
      const address = '+12125550207';
      const asked = { accountId, mode: 'test' as const, address, by: 'owner' as const, reason: 'asked to' };
      await liftSuppression(tx, world.core.secrets, { ...asked, at: new Date(world.clock.now()) });
    });
    expect(await list('phone=%2B12125550207')).toMatchObject([{ opted_out: { voice: false, sms: false } }]);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['no number', {}, 'phone'],
    ['a number that is none', { phone: '12345' }, 'phone'],
    ['a bad e-mail address', { phone: '+12125550299', email: 'nobody' }, 'email'],
    ['a zone that is none', { phone: '+12125550299', time_zone: '+01:00' }, 'time_zone'],
    ['a long name', { phone: '+12125550299', first_name: 'n'.repeat(101) }, 'first_name'],
    ['a field that has a place of its own', { phone: '+12125550299', variables: { Email: 'x' } }, 'variables.Email'],
    ['a long value', { phone: '+12125550299', variables: { a: 'x'.repeat(1001) } }, 'variables.a'],
    ['a tag with a semicolon', { phone: '+12125550299', tags: ['a;b'] }, 'tags'],
    ['a list that is not there', { phone: '+12125550299', lists: ['lst_x'] }, 'lists'],
    ['an unknown field', { phone: '+12125550299', colour: 'red' }, 'colour'],
  ])('refuses %s by name, and makes nothing', async (_, body, field) => {
    const reply = await ask('POST', '/contacts', { body });
    expect([400, 404]).toContain(reply.status);
    expect(reply.body).toMatchObject({ error: { field } });
    expect(await list('phone=%2B12125550299')).toEqual([]);
  });

  test('refuses the external id of another, by name', async () => {
    await store({ phone: '+12125550208', external_id: 'crm-208' });
    expect(await ask('POST', '/contacts', { body: { phone: '+12125550209', external_id: 'crm-208' } })).toMatchObject({
      status: 409,
      body: { error: { code: 'exists', field: 'external_id' } },
    });
  });
});

describe('a contact', () => {
  test('is changed by its id', async () => {
    const { contact_id: id } = await store({ phone: '+12125550210', first_name: 'Al' });
    expect(await ask('PATCH', `/contacts/${id}`, { body: { last_name: 'Bundy', tags: ['shoes'] } })).toMatchObject({
      status: 200,
      body: { name: 'Al Bundy', tags: ['shoes'] },
    });
    expect(await ask('PATCH', `/contacts/${id}`, { body: { phone: '+12125550211' } })).toMatchObject({
      status: 400,
      body: { error: { field: 'phone' } },
    });
  });

  test('has a history of consents, the newest first', async () => {
    const { contact_id: id } = await store({
      phone: '+12125550212',
      consent: { sms: { granted: true, basis: 'form' } },
    });
    await ask('PATCH', `/contacts/${id}`, { body: { consent: { sms: { granted: true, basis: 'form' } } } });
    await ask('PATCH', `/contacts/${id}`, { body: { consent: { sms: { granted: false }, voice: { granted: true } } } });
    const { consents } = (await ask('GET', `/contacts/${id}/consents`)).body as { consents: Record<string, unknown>[] };
    expect(consents.map(({ channel, granted }) => [channel, granted]).sort()).toEqual([
      ['sms', false],
      ['sms', true],
      ['voice', true],
    ]);
    expect((await ask('GET', `/contacts/${id}`)).body).toMatchObject({
      consent: { sms: { granted: false, basis: null }, voice: { granted: true } },
    });
  });

  test('is removed, and told of to those who keep a copy', async () => {
    const since = now();
    const { contact_id: id } = await store({ phone: '+12125550213', external_id: 'crm-213', opted_out: { sms: true } });
    expect((await ask('DELETE', `/contacts/${id}`)).status).toBe(204);
    expect((await ask('GET', `/contacts/${id}`)).status).toBe(404);
    const deletedAt = now();
    if (world.clock instanceof HeldClock) world.clock.advance(20_000);
    const { body } = await ask('GET', `/contacts?include_deleted=true&updated_after=${since}`);
    expect(body['deleted']).toEqual([{ contact_id: id, external_id: 'crm-213', deleted_at: deletedAt }]);
    expect(body['next_deleted_cursor']).toBeNull();
    expect(await suppressed('+12125550213', 'sms')).toBe(true);
  });

  test.each([
    ['GET', ''],
    ['PATCH', ''],
    ['DELETE', ''],
    ['GET', '/consents'],
    ['POST', '/erase'],
  ])('is of one account and one mode: %s %s', async (method, more) => {
    const { contact_id: id } = await store({ phone: '+12125550214' });
    for (const key of [stranger, world.keys.live]) {
      const body = method === 'PATCH' ? { name: 'x' } : undefined;
      expect(
        await ask(method, `/contacts/${id}${more}`, { key, ...(body === undefined ? {} : { body }) }),
      ).toMatchObject({
        status: 404,
        body: { error: { code: 'not_found' } },
      });
    }
    expect((await ask('GET', `/contacts/${id}`)).status).toBe(200);
  });

  test('is not changed with a key that may only read', async () => {
    expect(await ask('POST', '/contacts', { body: { phone: '+12125550215' }, key: readOnly })).toMatchObject({
      status: 403,
      body: { error: { code: 'forbidden_scope' } },
    });
  });
});

describe('GET /api/v1/contacts', () => {
  beforeAll(async () => {
    const { list_id: listId } = (await ask('POST', '/lists', { body: { name: 'Found' } })).body;
    await ask('POST', '/contacts', {
      body: [
        { phone: '+13105550220', name: 'Zoë 100%', company: 'Acme', tags: ['found-a'] },
        {
          phone: '+13105550221',
          name: 'Yan',
          email: 'yan@acme.example',
          tags: ['found-a', 'found-b'],
          lists: [listId],
        },
        { phone: '+13105550222', name: 'Xi_1', opted_out: { sms: true }, tags: ['found-b'] },
      ],
    });
  });

  test.each([
    ['search=acme', ['+13105550220', '+13105550221']],
    ['search=ZO%C3%8B', ['+13105550220']],
    ['search=0%25', ['+13105550220']],
    ['search=i_1', ['+13105550222']],
    ['search=555022', ['+13105550220', '+13105550221', '+13105550222']],
    ['tag=found-a', ['+13105550220', '+13105550221']],
    ['tag=found-b&opted_out=false', ['+13105550221']],
    ['tag=found-b&opted_out=true', ['+13105550222']],
    ['phone=(310)%20555-0222', ['+13105550222']],
    ['tag=nobody', []],
  ])('finds by %s', async (query, phones) => {
    expect((await list(query)).map(({ phone }) => phone)).toEqual(phones);
  });

  test('goes on where it ended', async () => {
    const first = await ask('GET', '/contacts?search=555022&limit=2');
    const second = await ask('GET', `/contacts?search=555022&limit=2&cursor=${String(first.body['next_cursor'])}`);
    expect((second.body['contacts'] as Shown[]).map(({ phone }) => phone)).toEqual(['+13105550222']);
    expect(second.body['next_cursor']).toBeNull();
  });
});

describe('lists', () => {
  test('have names and members', async () => {
    const made = await ask('POST', '/lists', { body: { name: ' Spring ' } });
    expect(made).toMatchObject({ status: 201, body: { name: 'Spring', members: 0, created_at: now() } });
    const path = `/lists/${String(made.body['list_id'])}`;
    expect(await ask('POST', '/lists', { body: { name: 'spring' } })).toMatchObject({
      status: 409,
      body: { error: { code: 'exists', field: 'name' } },
    });
    const one = (await store({ phone: '+12125550230' })).contact_id;
    const other = (await store({ phone: '+12125550231', lists: [made.body['list_id']] })).contact_id;
    expect((await ask('POST', `${path}/members`, { body: { contact_ids: [one, other] } })).body).toEqual({ added: 1 });
    expect((await ask('GET', path)).body).toMatchObject({ members: 2 });
    const members = async () =>
      ((await ask('GET', `${path}/members`)).body['contacts'] as Shown[]).map((contact) => contact.contact_id);
    expect(await members()).toEqual([one, other]);
    expect(await list(`list_id=${String(made.body['list_id'])}`)).toHaveLength(2);
    expect((await ask('POST', `${path}/members/remove`, { body: { contact_ids: [one] } })).body).toEqual({
      removed: 1,
    });
    expect(await members()).toEqual([other]);
    expect(await ask('POST', `${path}/members`, { body: { contact_ids: ['con_x'] } })).toMatchObject({
      status: 400,
      body: { error: { field: 'contact_ids' } },
    });
    expect((await ask('PATCH', path, { body: { name: 'Summer' } })).body).toMatchObject({ name: 'Summer', members: 1 });
    for (const key of [stranger, world.keys.live]) {
      for (const [method, more, body] of [
        ['GET', '', undefined],
        ['PATCH', '', { name: 'x' }],
        ['DELETE', '', undefined],
        ['GET', '/members', undefined],
        ['POST', '/members', { contact_ids: [one] }],
        ['POST', '/members/remove', { contact_ids: [other] }],
      ] as const) {
        const options = { key, ...(body === undefined ? {} : { body }) };
        expect((await ask(method, `${path}${more}`, options)).status).toBe(404);
      }
    }
    expect((await ask('DELETE', path)).status).toBe(204);
    expect((await ask('GET', `/contacts/${other}`)).body).toMatchObject({ lists: [] });
  });
});

describe('erasing a person', () => {
  test('leaves nothing that says who it was, and their opt-out goes on', async () => {
    const phone = '+12125550240';
    const { contact_id: id } = await store({ phone, first_name: 'Nobody', last_name: 'Anymore' });
    const call = await ask('POST', '/calls', {
      body: { to: phone, from: SANDBOX_NUMBER, message: 'Hello Nobody Anymore.', metadata: { who: 'Nobody' } },
      headers: { 'idempotency-key': 'erase-1' },
    });
    const busy = await ask('POST', `/contacts/${id}/erase`);
    expect(busy).toMatchObject({ status: 409, body: { error: { code: 'contact_in_use' } } });
    await world.runUntil('the end of the call', async () => {
      const { body } = await ask('GET', `/calls/${String(call.body['call_id'])}`);
      return body['completed_at'] !== null;
    });
    await store({ phone, opted_out: { voice: true, sms: true } });
    const recipient = { phone, metadata: { who: 'Anymore' }, time_zone: 'America/Denver' };
    await ask('POST', '/campaigns', {
      body: {
        ...{ name: 'Later', purpose: 'transactional', from: SANDBOX_NUMBER, message: 'Hello.', start: false },
        contacts: [recipient],
      },
    });
    const reply = await ask('POST', `/contacts/${id}/erase`);
    expect(reply).toMatchObject({
      status: 200,
      body: { contact_id: id, erased: { contacts: 1, calls: 1, recipients: 1, opt_outs: 1 } },
    });
    for (const table of [
      ...(['contacts', 'calls', 'call_attempts', 'messages', 'events', 'suppressions', 'idempotency_keys'] as const),
      ...(['verifications', 'campaign_recipients', 'audit_log', 'import_rows', 'contact_consents'] as const),
    ]) {
      const rows = JSON.stringify(await world.core.db.selectFrom(table).selectAll().execute());
      expect({ table, said: rows.includes(phone) || rows.includes('Anymore') }).toEqual({ table, said: false });
    }
    expect((await ask('GET', `/calls/${String(call.body['call_id'])}`)).body).toMatchObject({
      status: 'completed',
      to: 'erased',
      message: null,
      metadata: null,
    });
    expect(await suppressed(phone, 'sms')).toBe(true);
    expect(await ask('POST', '/calls', { body: { to: phone, from: SANDBOX_NUMBER, message: 'Hi.' } })).toMatchObject({
      status: 403,
    });
    expect((await ask('GET', `/contacts/${id}`)).status).toBe(404);
  });

  test('and somebody who is entered again is seen to have opted out, wherever contacts are shown', async () => {
    const [one, other] = ['+12125550241', '+12125550242'];
    for (const phone of [one, other]) {
      const { contact_id: id } = await store({ phone, opted_out: { sms: true } });
      expect((await ask('POST', `/contacts/${id}/erase`)).status).toBe(200);
    }
    await store({ phone: one, tags: ['again'] });
    const file = await ask('POST', '/uploads', {
      body: `phone,tags\n${other},again\n`,
      headers: { 'content-type': 'text/csv' },
    });
    await ask('POST', '/contacts/import', { body: { upload_id: file.body['upload_id'] } });
    await world.settle();
    const shown = (await list('tag=again')).map(({ phone, opted_out: out }) => [phone, out]);
    expect(shown).toEqual([
      [one, { voice: false, sms: true }],
      [other, { voice: false, sms: true }],
    ]);
    expect((await list('tag=again&opted_out=true')).map(({ phone }) => phone)).toEqual([one, other]);
    expect(await list('tag=again&opted_out=false')).toEqual([]);
    const exported = (await ask('GET', '/contacts/export?tag=again')).raw.toString();
    expect(exported.match(/,no,yes,/g)).toHaveLength(2);
  });
});
