import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setLimit } from '#core/accounts/index.js';
import type { HeldClock } from '../held-clock.js';
import { openWorld, type Reply, type World } from '../world.js';

let world: World;
beforeAll(async () => {
  world = await openWorld();
  const admin = { ...world.core, keyRing: world.platform.keyRing };
  const name = 'phone_system_requests_per_minute';
  await setLimit(admin, { accountId: world.account.id, name, value: 10_000, actor: 'test' });
});
afterAll(() => world.close());

const PATH = '/api/v2/contacts';

async function make(body: object): Promise<Record<string, unknown>> {
  const reply = await world.request('POST', PATH, { body });
  expect(reply.body).toMatchObject({ data: expect.any(Object) as object });
  expect(reply.status).toBe(201);
  return reply.body['data'] as Record<string, unknown>;
}

function errorsOf(reply: Reply): string[] {
  return Object.keys(reply.body['errors'] ?? {}).sort();
}

describe('a contact', () => {
  test('with all that can be known of it', async () => {
    const made = await make({
      firstName: 'Anna',
      lastName: 'Lind',
      company: 'Lind & Co',
      emails: ['anna@example.com', 'office@example.com'],
      phoneNumbers: [
        { label: 'work', number: '(212) 555-0110' },
        { label: 'home', number: '+12125550111' },
        { number: '+442079460111' },
      ],
      notes: 'Calls on Tuesdays.',
      tags: ['vip', 'dentist'],
      externalId: 'crm-1',
      customFields: { plan: 'gold' },
    });
    expect(made).toEqual({
      id: expect.stringMatching(/^con_/) as string,
      firstName: 'Anna',
      lastName: 'Lind',
      company: 'Lind & Co',
      emails: ['anna@example.com', 'office@example.com'],
      phoneNumbers: [
        { label: 'work', number: '+12125550110' },
        { label: 'home', number: '+12125550111' },
        { label: null, number: '+442079460111' },
      ],
      notes: 'Calls on Tuesdays.',
      tags: ['dentist', 'vip'],
      externalId: 'crm-1',
      customFields: { plan: 'gold' },
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string,
      updatedAt: expect.any(String) as string,
    });
    expect((await world.request('GET', `${PATH}/${String(made['id'])}`)).body).toEqual({ data: made });
  });

  test('is one with those of the other doors', async () => {
    const made = await make({ firstName: 'Bo', phoneNumbers: [{ number: '+12125550112' }], notes: 'Left-handed.' });
    const { body } = await world.request('GET', `/api/v1/contacts/${String(made['id'])}`);
    expect(body).toMatchObject({ phone: '+12125550112', name: 'Bo', variables: { notes: 'Left-handed.' } });
    await world.request('POST', '/v1/contacts', { body: { phone: '+12125550113', name: 'Cem Ak' } });
    const found = await world.request('GET', `${PATH}?number=%2B12125550113`);
    expect(found.body['data']).toMatchObject([{ firstName: 'Cem Ak', lastName: null, emails: [] }]);
  });

  test('is changed in what is given', async () => {
    const { id } = await make({ firstName: 'Dora', company: 'Dora Ltd', phoneNumbers: [{ number: '+12125550114' }] });
    (world.clock as HeldClock).advance(1000);
    const { status, body } = await world.request('PATCH', `${PATH}/${String(id)}`, {
      body: {
        company: null,
        emails: ['dora@example.com'],
        phoneNumbers: [
          { label: 'mobile', number: '+12125550115' },
          { label: 'desk', number: '+12125550114' },
        ],
        notes: 'New.',
      },
    });
    expect(status).toBe(200);
    expect(body['data']).toMatchObject({
      firstName: 'Dora',
      company: null,
      emails: ['dora@example.com'],
      phoneNumbers: [
        { label: 'desk', number: '+12125550114' },
        { label: 'mobile', number: '+12125550115' },
      ],
      notes: 'New.',
    });
    const cleared = await world.request('PATCH', `${PATH}/${String(id)}`, { body: { emails: [], notes: null } });
    expect(cleared.body['data']).toMatchObject({ emails: [], notes: null });
  });

  test('is deleted for good, and leaves its id to those who keep a copy', async () => {
    const before = new Date(world.clock.now()).toISOString();
    const { id } = await make({ phoneNumbers: [{ number: '+12125550116' }], externalId: 'crm-gone' });
    expect((await world.request('DELETE', `${PATH}/${String(id)}`)).status).toBe(204);
    expect((await world.request('GET', `${PATH}/${String(id)}`)).status).toBe(404);
    expect((await world.request('DELETE', `${PATH}/${String(id)}`)).status).toBe(404);
    (world.clock as HeldClock).advance(20_000);
    const { body } = await world.request('GET', `${PATH}/deleted?deletedAfter=${before}`);
    expect(body).toMatchObject({ data: [{ id, externalId: 'crm-gone' }], pagination: { total: 1 } });
  });
});

describe('what is refused', () => {
  test.each<[string, unknown, string[]]>([
    ['no number', { firstName: 'Ada' }, ['phoneNumbers']],
    ['an empty list of numbers', { phoneNumbers: [] }, ['phoneNumbers']],
    ['a number that is none', { phoneNumbers: [{ number: 'call me' }] }, ['phoneNumbers.0.number']],
    [
      'the second that is none',
      { phoneNumbers: [{ number: '+12125550121' }, { number: 'abcd' }] },
      ['phoneNumbers.1.number'],
    ],
    [
      'a number twice',
      { phoneNumbers: [{ number: '+12125550121' }, { number: '212 555 0121' }] },
      ['phoneNumbers.1.number'],
    ],
    ['numbers as texts', { phoneNumbers: ['+12125550121'] }, ['phoneNumbers.0']],
    [
      'an e-mail address that is none',
      { phoneNumbers: [{ number: '+12125550121' }], emails: ['a@b.co', 'b'] },
      ['emails.1'],
    ],
    ['too many tags', { phoneNumbers: [{ number: '+12125550121' }], tags: Array(51).fill('a') }, ['tags']],
    [
      'unknown and wrong fields, all of them',
      { phoneNumbers: [{ number: '+12125550121', kind: 'x' }], first_name: 'Ada', company: 5 },
      ['company', 'first_name', 'phoneNumbers.0.kind'],
    ],
  ])('%s', async (_what, body, fields) => {
    const reply = await world.request('POST', PATH, { body });
    expect(reply.status).toBe(422);
    expect(errorsOf(reply)).toEqual(fields);
  });

  test('a number or an external id that another contact has', async () => {
    await make({ phoneNumbers: [{ number: '+12125550122' }], externalId: 'crm-2' });
    const known = await world.request('POST', PATH, { body: { phoneNumbers: [{ number: '+12125550122' }] } });
    expect(known).toMatchObject({
      status: 422,
      body: { errors: { 'phoneNumbers.0.number': [known.body['message']] } },
    });
    const body = { phoneNumbers: [{ number: '+12125550123' }], externalId: 'crm-2' };
    const taken = await world.request('POST', PATH, { body });
    expect(taken).toMatchObject({ status: 422, body: { errors: { externalId: [taken.body['message']] } } });
    expect((await world.request('GET', `${PATH}?number=%2B12125550123`)).body['data']).toEqual([]);
  });

  test('to take the number away that a contact is known by', async () => {
    const { id } = await make({ phoneNumbers: [{ number: '+12125550124' }] });
    const body = { phoneNumbers: [{ number: '+12125550125' }] };
    const reply = await world.request('PATCH', `${PATH}/${String(id)}`, { body });
    expect([reply.status, errorsOf(reply)]).toEqual([422, ['phoneNumbers']]);
  });

  test.each([
    ['updatedAfter=yesterday', 'updatedAfter'],
    ['number=anna', 'number'],
    ['search=', 'search'],
  ])('a filter that says nothing: %s', async (query, field) => {
    const reply = await world.request('GET', `${PATH}?${query}`);
    expect([reply.status, errorsOf(reply)]).toEqual([422, [field]]);
  });
});

describe('a list', () => {
  test('by what is asked for', async () => {
    (world.clock as HeldClock).advance(60_000);
    const since = new Date(world.clock.now());
    await make({
      firstName: 'Filip',
      phoneNumbers: [{ number: '+12125550130' }],
      tags: ['north'],
      externalId: 'crm-f',
    });
    await make({ firstName: 'Gusti', phoneNumbers: [{ number: '+12125550131' }, { number: '+12125550132' }] });
    const names = async (query: string) => {
      const { body } = await world.request('GET', `${PATH}?${query}`);
      return (body['data'] as { firstName: string }[]).map(({ firstName }) => firstName);
    };
    expect(await names('search=gust')).toEqual(['Gusti']);
    expect(await names('tag=north')).toEqual(['Filip']);
    expect(await names('externalId=crm-f')).toEqual(['Filip']);
    expect(await names('number=%2B12125550132')).toEqual(['Gusti']);
    (world.clock as HeldClock).advance(20_000);
    expect(await names(`updatedAfter=${since.toISOString()}`)).toEqual(['Filip', 'Gusti']);
    // As PHP writes it, escaped or not.
    const written = since.toISOString().replace(/\.\d+Z$/, '+00:00');
    expect(await names(`updatedAfter=${written}&page=2&pageSize=1`)).toEqual(['Gusti']);
    expect(await names(`updatedAfter=${encodeURIComponent(written)}`)).toEqual(['Filip', 'Gusti']);
  });
});

describe('an import', () => {
  test('of a list is done at once, whole or not at all', async () => {
    await make({ firstName: 'Hedda', phoneNumbers: [{ number: '+12125550140' }] });
    const body = [
      { firstName: 'Hedda', phoneNumbers: [{ number: '+12125550140' }] },
      { firstName: 'Ida', phoneNumbers: [{ number: '+12125550141' }] },
      { lastName: 'Moe', phoneNumbers: [{ number: '+12125550142' }] },
    ];
    const { status, body: done } = await world.request('POST', `${PATH}/import`, { body });
    expect(status).toBe(200);
    expect(done['data']).toMatchObject({
      id: null,
      status: 'completed',
      counts: { total: 3, created: 2, updated: 0, unchanged: 1, failed: 0 },
    });
    const refused = await world.request('POST', `${PATH}/import`, {
      body: [{ phoneNumbers: [{ number: '+12125550143' }] }, { phoneNumbers: [{ number: 'x y z w' }] }],
    });
    expect([refused.status, errorsOf(refused)]).toEqual([422, ['[1].phoneNumbers.0.number']]);
    expect((await world.request('GET', `${PATH}?number=%2B12125550143`)).body['data']).toEqual([]);
  });

  test('of an address book with two numbers and two companies takes the first of each, and keeps the others', async () => {
    const csv =
      'Name,Mobile,Phone,Organization,company_name,Number\n' +
      'Mia Orr,+12125550162,+12125550161,Orr & Sons,Old Orr,77\n' +
      'Noa Orr,+12125550164,,,Old Orr,\n' +
      'Nobody,,,,,\n';
    const headers = { 'content-type': 'text/csv' };
    const { body } = await world.request('POST', `${PATH}/import`, { body: csv, headers });
    const { id } = body['data'] as { id: string };
    const look = async () =>
      (await world.request('GET', `${PATH}/import/${id}`)).body['data'] as Record<string, unknown>;
    await world.runUntil('the end of the import', async () => (await look())['completedAt'] !== null);
    expect(await look()).toMatchObject({ status: 'completed', counts: { created: 2, failed: 1 } });
    const { body: found } = await world.request('GET', `${PATH}?number=%2B12125550161`);
    expect(found['data']).toMatchObject([
      {
        company: 'Orr & Sons',
        customFields: { Mobile: '+12125550162', company_name: 'Old Orr', Number: '77' },
      },
    ]);
    // Who has a mobile alone is known by it.
    const { body: mobile } = await world.request('GET', `${PATH}?number=%2B12125550164`);
    expect(mobile['data']).toMatchObject([{ firstName: 'Noa Orr', company: 'Old Orr', customFields: {} }]);
  });

  test('of a file is a job with counts and the rows that failed', async () => {
    const csv =
      'firstName,Last Name,Phone Number,email,externalId,notes\n' +
      'Jon,Berg,+12125550150,jon@example.com,crm-j,"Tall, quiet"\n' +
      'Kai,Lo,nonsense,,,\n' +
      'Lea,Roy,(212) 555-0151,,,\n';
    const headers = { 'content-type': 'text/csv' };
    const started = await world.request('POST', `${PATH}/import`, { body: csv, headers });
    expect(started.status).toBe(202);
    const { id } = started.body['data'] as { id: string };
    const look = async () =>
      (await world.request('GET', `${PATH}/import/${id}`)).body['data'] as Record<string, unknown>;
    await world.runUntil('the end of the import', async () => (await look())['completedAt'] !== null);
    const done = await look();
    expect(done).toMatchObject({
      status: 'completed',
      counts: { total: 3, created: 2, updated: 0, unchanged: 0, failed: 1 },
      failedRowsUrl: `http://127.0.0.1:8080${PATH}/import/${id}/failed-rows`,
    });
    const failed = await world.request('GET', `${PATH}/import/${id}/failed-rows`);
    expect(failed.raw.toString()).toContain('nonsense');
    const { body } = await world.request('GET', `${PATH}?number=%2B12125550150`);
    expect(body['data']).toMatchObject([
      { firstName: 'Jon', lastName: 'Berg', externalId: 'crm-j', notes: 'Tall, quiet', customFields: {} },
    ]);
  });

  test.each<[string, unknown, Record<string, string>, number]>([
    ['an empty list', [], {}, 422],
    ['an object', { phoneNumbers: [] }, {}, 422],
    ['nothing', undefined, {}, 422],
    ['an empty file', '', { 'content-type': 'text/csv' }, 422],
    ['a picture', 'x', { 'content-type': 'image/png' }, 415],
  ])('of %s is refused', async (_what, body, headers, status) => {
    expect((await world.request('POST', `${PATH}/import`, { body, headers })).status).toBe(status);
  });

  test('that is not there is a 404', async () => {
    expect((await world.request('GET', `${PATH}/import/imp_none`)).status).toBe(404);
    expect((await world.request('GET', `${PATH}/import/imp_none/failed-rows`)).status).toBe(404);
  });
});
