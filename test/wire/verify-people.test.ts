import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAccount, createKey, type Scope } from '#core/accounts/index.js';
import { addPhone } from '#core/phones/index.js';
import { HeldClock } from '../held-clock.js';
import { openWorld, type Reply, type RequestOptions, type World } from '../world.js';

/** Request -> response for users and groups at the Verify door. */
let world: World;
/** A key of another account. */
let stranger: string;

beforeAll(async () => {
  world = await openWorld();
  const { core, account } = world;
  const other = await createAccount(core, { name: 'Another account', actor: 'test' });
  stranger = (await createKey(core, { accountId: other.id, mode: 'test', actor: 'test' })).secret;
  await addPhone(core, { accountId: account.id, name: '101', password: 'long enough', actor: 'test' });
});
afterAll(() => world.close());

// These tables are not about limits.
beforeEach(async () => {
  if (world.clock instanceof HeldClock) world.clock.advance(60_000);
  await world.settle();
});

function ask(method: string, path: string, options: RequestOptions = {}): Promise<Reply> {
  return world.request(method, `/v1${path}`, options);
}

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string;

async function rowsWritten(): Promise<unknown> {
  const { rows } = await sql`
    select (select count(*) from users) as users, (select count(*) from user_groups) as groups,
      (select count(*) from user_group_members) as members, (select max(id) from audit_log) as audit,
      (select max(updated_at) from users) as changed`.execute(world.core.db);
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

async function create(path: '/users' | '/groups', body: object, options: RequestOptions = {}) {
  const reply = await ask('POST', path, { body, ...options });
  expect(reply.status, JSON.stringify(reply.body)).toBe(201);
  return reply.body as Record<string, unknown> & { id: string };
}

const keyWith = async (...scopes: Scope[]): Promise<string> =>
  (await createKey(world.core, { accountId: world.account.id, mode: 'test', scopes, actor: 'test' })).secret;

describe('users', () => {
  test('are created, read, changed and removed', async () => {
    const body = { name: 'Ann', email: 'ann@example.com', role: 'admin', phones: ['101', '+15005550020'] };
    const ann = await create('/users', body);
    expect(ann).toEqual({
      object: 'user',
      livemode: false,
      simulated: true,
      id: expect.stringMatching(/^usr_[0-9a-z]{26}$/) as string,
      ...body,
      created_at: TIME,
      updated_at: TIME,
    });
    expect((await ask('GET', `/users/${ann.id}`)).body).toEqual(ann);
    const changed = await ask('PATCH', `/users/${ann.id}`, { body: { email: null, phones: [] } });
    expect(changed).toMatchObject({ status: 200, body: { ...ann, email: null, phones: [], updated_at: TIME } });
    expect((await ask('PATCH', `/users/${ann.id}`, { body: {} })).body).toMatchObject({ name: 'Ann', role: 'admin' });
    expect(await ask('DELETE', `/users/${ann.id}`)).toMatchObject({
      status: 200,
      body: { object: 'user', livemode: false, simulated: true, id: ann.id, deleted: true },
    });
    for (const method of ['GET', 'DELETE']) {
      await refuses(() => ask(method, `/users/${ann.id}`), 404, 'not_found', ann.id);
    }
  });

  test('are members without phone and address unless told otherwise; live ones say nothing of simulation', async () => {
    const bob = await create('/users', { name: 'Bob' }, { key: world.keys.live });
    expect(bob).toMatchObject({ object: 'user', livemode: true, email: null, role: 'member', phones: [] });
    expect(bob).not.toHaveProperty('simulated');
    const phones = ['101'];
    expect((await ask('PATCH', `/users/${bob.id}`, { body: { phones }, key: world.keys.live })).body).toMatchObject({
      phones,
    });
    await refuses(
      () => ask('PATCH', `/users/${bob.id}`, { body: { phones: ['101', '999'] }, key: world.keys.live }),
      400,
      'invalid',
      'phones.1: There is no phone "999"',
    );
  });

  test.each<[string, unknown, string]>([
    ['no body', undefined, 'must be a JSON object'],
    ['a list', [], 'must be a JSON object'],
    ['no name', {}, 'name: '],
    ['name null', { name: null }, 'name: '],
    ['name a number', { name: 5 }, 'name: '],
    ['name of blanks', { name: '  ' }, 'name: '],
    ['name too long', { name: 'n'.repeat(101) }, 'name: '],
    ['email that is none', { name: 'Ann', email: 'ann' }, 'email: '],
    ['email as a list', { name: 'Ann', email: ['ann@example.com'] }, 'email: '],
    ['an unknown role', { name: 'Ann', role: 'king' }, 'role: '],
    ['role null', { name: 'Ann', role: null }, 'role: '],
    ['phones as text', { name: 'Ann', phones: '101' }, 'phones: '],
    ['a phone as a number', { name: 'Ann', phones: [101] }, 'phones.0: '],
    ['a phone that is a foreign number', { name: 'Ann', phones: ['+12125550100'] }, 'phones.0: '],
    ['too many phones', { name: 'Ann', phones: Array.from({ length: 11 }, (_, at) => `p${at}`) }, 'phones: '],
    ['an id of one’s own', { name: 'Ann', id: 'usr_1' }, 'id: '],
    ['a NUL', { name: 'A\0nn' }, 'NUL'],
  ])('refuse %s', async (_, body, says) => {
    await refuses(() => ask('POST', '/users', { body }), 400, 'invalid', says);
  });

  test('refuse an address that somebody has, in any case', async () => {
    const email = 'taken@example.com';
    await create('/users', { name: 'First', email });
    const second = await create('/users', { name: 'Second' });
    const body = { name: 'Third', email: 'Taken@example.com' };
    await refuses(() => ask('POST', '/users', { body }), 409, 'exists', 'email: ');
    await refuses(() => ask('PATCH', `/users/${second.id}`, { body: { email } }), 409, 'exists', 'email: ');
    await create('/users', { name: 'First', email }, { key: stranger });
    await create('/users', { name: 'First', email }, { key: world.keys.live });
  });

  test('are created once under an Idempotency-Key, and a refusal is repeated, too', async () => {
    const twice = async (body: object, key: string) => {
      const options = { body, headers: { 'idempotency-key': key } };
      return [await ask('POST', '/users', options), await ask('POST', '/users', options)] as const;
    };
    const [first, again] = await twice({ name: 'Once', email: 'once@example.com' }, 'user-1');
    expect([first.status, again.status, again.body]).toEqual([201, 201, first.body]);
    const [refused, still] = await twice({ name: 'Once more', email: 'once@example.com' }, 'user-2');
    expect([refused.status, still.status, still.body]).toEqual([409, 409, refused.body]);
  });

  test('are listed the oldest first, by pages and by a part of their name', async () => {
    const key = (
      await createKey(world.core, {
        accountId: (await createAccount(world.core, { name: 'Lists', actor: 'test' })).id,
        mode: 'test',
        actor: 'test',
      })
    ).secret;
    expect((await ask('GET', '/users', { key })).body).toEqual({ object: 'list', data: [] });
    const made: string[] = [];
    for (const name of ['Ann', 'Bob', 'Cy']) made.push((await create('/users', { name }, { key })).id);
    const ids = async (query: string) => {
      const reply = await ask('GET', `/users${query}`, { key });
      expect([reply.status, Object.keys(reply.body)]).toEqual([200, ['object', 'data']]);
      return (reply.body['data'] as { id: string }[]).map(({ id }) => id);
    };
    expect(await ids('')).toEqual(made);
    expect(await ids('?limit=2')).toEqual(made.slice(0, 2));
    expect(await ids(`?limit=2&starting_after=${made[1]}`)).toEqual(made.slice(2));
    expect(await ids('?q=o')).toEqual(made.slice(1, 2));
    for (const [query, field] of [
      ['limit=0', 'limit'],
      ['limit=1001', 'limit'],
      ['limit=x', 'limit'],
      ['cursor=x', 'cursor'],
    ]) {
      await refuses(() => ask('GET', `/users?${query}`, { key }), 400, 'invalid', `${field}: `);
    }
  });
});

describe('groups', () => {
  test('are created, read, changed and removed, with their members in order', async () => {
    const ann = await create('/users', { name: 'Ann' });
    const bob = await create('/users', { name: 'Bob' });
    const group = await create('/groups', { name: 'Support', members: [bob.id, ann.id] });
    expect(group).toEqual({
      object: 'group',
      livemode: false,
      simulated: true,
      id: expect.stringMatching(/^grp_[0-9a-z]{26}$/) as string,
      name: 'Support',
      members: [bob.id, ann.id],
      created_at: TIME,
      updated_at: TIME,
    });
    expect((await ask('GET', `/groups/${group.id}`)).body).toEqual(group);
    const members = [ann.id, bob.id];
    expect(await ask('PATCH', `/groups/${group.id}`, { body: { members } })).toMatchObject({
      status: 200,
      body: { name: 'Support', members },
    });
    await ask('DELETE', `/users/${ann.id}`);
    expect((await ask('GET', `/groups/${group.id}`)).body).toMatchObject({ members: [bob.id] });
    expect((await ask('GET', '/groups')).body['data']).toContainEqual(
      expect.objectContaining({ id: group.id, members: [bob.id] }),
    );
    expect(await ask('DELETE', `/groups/${group.id}`)).toMatchObject({ status: 200, body: { deleted: true } });
    await refuses(() => ask('GET', `/groups/${group.id}`), 404, 'not_found', group.id);
    await refuses(() => ask('DELETE', `/groups/${group.id}`), 404, 'not_found', group.id);
    await refuses(() => ask('PATCH', `/groups/${group.id}`, { body: { name: 'X' } }), 404, 'not_found', group.id);
  });

  test('refuse what is no group', async () => {
    const stay = await create('/groups', { name: 'Stay' });
    const other = await create('/groups', { name: 'Other' });
    const live = await create('/users', { name: 'Live' }, { key: world.keys.live });
    const foreign = await create('/users', { name: 'Foreign' }, { key: stranger });
    for (const [body, says] of [
      [{}, 'name: '],
      [{ name: '' }, 'name: '],
      [{ name: 'New', members: 'Ann' }, 'members: '],
      [{ name: 'New', members: [5] }, 'members.0: '],
      [{ name: 'New', members: ['usr_none'] }, 'members.0: There is no user "usr_none"'],
      [{ name: 'New', members: [live.id] }, 'members.0: '],
      [{ name: 'New', members: [foreign.id] }, 'members.0: '],
      [{ name: 'New', colour: 'red' }, 'colour: '],
    ] as [object, string][]) {
      await refuses(() => ask('POST', '/groups', { body }), 400, 'invalid', says);
      if (says !== 'name: ') {
        await refuses(() => ask('PATCH', `/groups/${other.id}`, { body }), 400, 'invalid', says);
      }
    }
    await refuses(() => ask('POST', '/groups', { body: { name: 'stay' } }), 409, 'exists', 'name: ');
    await refuses(() => ask('PATCH', `/groups/${other.id}`, { body: { name: 'STAY' } }), 409, 'exists', 'name: ');
    expect((await ask('PATCH', `/groups/${stay.id}`, { body: { name: 'STAY' } })).status).toBe(200);
  });
});

describe('whoever asks', () => {
  test('sees nothing of another account, nor of the other mode', async () => {
    const user = await create('/users', { name: 'Hidden' });
    const group = await create('/groups', { name: 'Hidden' });
    for (const path of [`/users/${user.id}`, `/groups/${group.id}`]) {
      for (const key of [stranger, world.keys.live]) {
        await refuses(() => ask('GET', path, { key }), 404, 'not_found', '');
        await refuses(() => ask('PATCH', path, { key, body: { name: 'Seen' } }), 404, 'not_found', '');
        await refuses(() => ask('DELETE', path, { key }), 404, 'not_found', '');
      }
    }
    for (const key of [stranger, world.keys.live]) {
      for (const path of ['/users', '/groups']) {
        expect(JSON.stringify((await ask('GET', path, { key })).body)).not.toContain('Hidden');
      }
    }
  });

  test('needs a key with the scope', async () => {
    const { id } = await create('/users', { name: 'Scoped' });
    const reads = await keyWith('users:read');
    const writes = await keyWith('users:write');
    expect((await ask('GET', `/users/${id}`, { key: reads })).status).toBe(200);
    expect((await ask('PATCH', `/users/${id}`, { key: writes, body: {} })).status).toBe(200);
    for (const path of ['/users', '/groups', `/users/${id}`, '/groups/grp_none']) {
      await refuses(() => ask('GET', path, { key: writes }), 403, 'forbidden', 'users:read');
      await refuses(() => ask('GET', path, { key: null }), 401, 'unauthorized', 'API key');
    }
    for (const [method, path] of [
      ['POST', '/users'],
      ['POST', '/groups'],
      ['PATCH', `/users/${id}`],
      ['DELETE', `/users/${id}`],
      ['PATCH', '/groups/grp_none'],
      ['DELETE', '/groups/grp_none'],
    ] as const) {
      await refuses(() => ask(method, path, { key: reads, body: {} }), 403, 'forbidden', 'users:write');
    }
  });

  test('leaves the name of the key in the audit log', async () => {
    const { id } = await create('/users', { name: 'Audited' });
    const { rows } = await sql<{ actor: string; details: object }>`
      select actor, details from audit_log where subject = ${id}`.execute(world.core.db);
    expect(rows).toEqual([
      {
        actor: expect.stringMatching(/^key_/) as string,
        details: { mode: 'test', role: 'member' },
      },
    ]);
  });
});
