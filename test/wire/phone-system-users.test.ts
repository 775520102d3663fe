import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createKey, listKeys } from '#core/accounts/index.js';
import { createUser, type Role } from '#core/people/index.js';
import { changeRouting, findObject, listVersions } from '#core/routing/index.js';
import type { HeldClock } from '../held-clock.js';
import { openWorld, type Reply, type World } from '../world.js';

/** The people of the account at the phone system's door: roles, extensions, and keys that end with them. */
let world: World;
const keys = {} as Record<Role, string>;
beforeAll(async () => {
  world = await openWorld();
  for (const role of ['owner', 'admin', 'member'] as const) {
    const { id } = await createUser(world.core, { ...owner(), name: `First ${role}`, role });
    keys[role] = await keyOf(id);
  }
});
afterAll(() => world.close());
beforeEach(() => (world.clock as HeldClock).advance(60_000));

const owner = () => ({ accountId: world.account.id, mode: 'test', actor: 'test' }) as const;
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string;

async function keyOf(userId: string): Promise<string> {
  return (await createKey(world.core, { ...owner(), userId })).secret;
}

function ask(method: string, path: string, body?: object, key = world.keys.test): Promise<Reply> {
  return world.request(method, `/api/v2${path}`, { key, ...(body === undefined ? {} : { body }) });
}

type UserData = { id: string; extensionId: number | null } & Record<string, unknown>;
async function add(body: object): Promise<UserData> {
  const reply = await ask('POST', '/users', body);
  expect(reply.status, JSON.stringify(reply.body)).toBe(201);
  return reply.body['data'] as UserData;
}

async function refuses(asked: Promise<Reply>, status: number, says: RegExp, field?: string): Promise<void> {
  const { status: found, body } = await asked;
  const message = expect.stringMatching(says) as string;
  const errors = field === undefined ? {} : { errors: { [field]: [expect.any(String) as string] } };
  expect({ status: found, body }).toEqual({ status, body: { message, ...errors } });
}

describe('users', () => {
  test('are made with an extension, shown, changed and removed', async () => {
    const made = await add({ firstName: 'Ann', lastName: 'van der Berg', email: 'ann@example.com', extension: '201' });
    expect(made).toEqual({
      ...{ id: expect.stringMatching(/^usr_/) as string, firstName: 'Ann', lastName: 'van der Berg' },
      ...{ email: 'ann@example.com', role: 'user', phones: [], extension: '201', mailboxes: [] },
      ...{ extensionId: expect.any(Number) as number, createdAt: TIME, updatedAt: TIME },
    });
    const extension = await findObject(world.core, owner(), 'extension', made.extensionId ?? 0);
    expect(extension.body).toMatchObject({ number: '201', name: 'Ann van der Berg', userId: made.id });
    expect((await ask('GET', `/users/${made.id}`)).body['data']).toEqual(made);

    const changes = { lastName: 'Lee', role: 'manager', phones: ['101'], extension: '202' };
    const changed = (await ask('PATCH', `/users/${made.id}`, changes)).body['data'];
    expect(changed).toMatchObject({ ...changes, firstName: 'Ann', extensionId: made.extensionId });
    // The same person at another door.
    expect((await world.request('GET', `/v1/users/${made.id}`)).body).toMatchObject({ name: 'Ann Lee', role: 'admin' });
    await world.request('PATCH', `/v1/users/${made.id}`, { body: { name: 'Anna Maria Lee' } });
    expect((await ask('GET', `/users/${made.id}`)).body['data']).toMatchObject({
      ...{ firstName: 'Anna', lastName: 'Maria Lee' },
    });

    const none = await ask('PATCH', `/users/${made.id}`, { extension: null, email: null });
    expect(none.body['data']).toMatchObject({ extension: null, extensionId: null, email: null });
    expect((await ask('DELETE', `/users/${made.id}`)).status).toBe(204);
    expect((await ask('GET', `/users/${made.id}`)).status).toBe(404);
    const { items } = await listVersions(world.core, owner(), { page: 1, pageSize: 10 });
    expect(items.map(({ summary }) => summary)).toContain('Extension of Ann van der Berg');
  });

  test('are listed in pages, and found by name', async () => {
    const reply = await ask('GET', '/users?pageSize=2&search=First');
    expect((reply.body['data'] as { firstName: string; role: string }[]).map(({ role }) => role)).toEqual([
      ...['owner', 'manager'],
    ]);
    expect(reply.body['pagination']).toMatchObject({ total: 3, totalPages: 2, count: 2 });
    expect((await ask('GET', '/users?pageSize=2&page=2&search=first')).body['data']).toHaveLength(1);
  });

  test.each<[string, object, RegExp, string]>([
    ['no first name', { lastName: 'Lee' }, /"firstName" is missing/, 'firstName'],
    ['a blank one', { firstName: ' ' }, /1 to 100 characters/, 'firstName'],
    ['no such role', { firstName: 'A', role: 'king' }, /must be "owner" or "manager" or "user"/, 'role'],
    ['no address', { firstName: 'A', email: 'nobody' }, /not an e-mail address/, 'email'],
    ['no extension', { firstName: 'A', extension: 'x1' }, /form/, 'extension'],
    ['an unknown field', { firstName: 'A', mailbox: 1 }, /no field "mailbox"/, 'mailbox'],
  ])('%s is refused by its field', async (_what, body, says, field) => {
    await refuses(ask('POST', '/users', body), 422, says, field);
  });

  test('an extension that is taken is refused, and nobody was made', async () => {
    await add({ firstName: 'Holder', extension: '210' });
    await refuses(ask('POST', '/users', { firstName: 'Second', extension: '210' }), 422, /./, 'extension');
    expect((await ask('GET', '/users?search=Second')).body['data']).toEqual([]);
    const other = await add({ firstName: 'Other', extension: '211' });
    await refuses(ask('PATCH', `/users/${other.id}`, { extension: '210' }), 422, /./, 'extension');
  });

  test('of another mode or account are 404', async () => {
    const made = await add({ firstName: 'Hidden' });
    for (const [method, body] of [['GET'], ['PATCH', {}], ['DELETE']] as [string, object?][]) {
      expect((await ask(method, `/users/${made.id}`, body, world.keys.live)).status).toBe(404);
    }
    expect((await ask('GET', '/users?search=Hidden', undefined, world.keys.live)).body['data']).toEqual([]);
  });
});

describe('removing somebody to whom calls lead', () => {
  test('is refused with who leads there, or moves it all to somebody else', async () => {
    const leaving = await add({ firstName: 'Leaving', extension: '220' });
    const staying = await add({ firstName: 'Staying', phones: ['101'] });
    const menuId = await changeRouting(world.core, { ...owner(), author: 'test', summary: 'Menu' }, (draft) =>
      draft.create('menu', {
        ...{ name: 'Main', greeting: { text: 'Hello' }, directDial: false, timeoutSeconds: 5, repeats: 0 },
        options: [{ digit: '1', label: '', destination: { type: 'user', id: leaving.id }, enabled: true }],
        ...{ onTimeout: null, onInvalid: null },
      }),
    );
    const refused = await ask('DELETE', `/users/${leaving.id}`);
    expect(refused.status).toBe(422);
    expect(Object.keys(refused.body['errors'] as object).sort()).toEqual([
      `extensions[${leaving.extensionId ?? 0}].userId`,
      `menus[${menuId}].options[0].destination`,
    ]);
    await refuses(
      ask('DELETE', `/users/${leaving.id}?replacementUserId=usr_nobody`),
      ...([422, /no other user "usr_nobody"/, 'replacementUserId'] as const),
    );
    await refuses(
      ask('DELETE', `/users/${leaving.id}?replacementUserId=${leaving.id}`),
      ...([422, /no other user/, 'replacementUserId'] as const),
    );

    expect((await ask('DELETE', `/users/${leaving.id}?replacementUserId=${staying.id}`)).status).toBe(204);
    expect((await ask('GET', `/users/${staying.id}`)).body['data']).toMatchObject({
      ...{ extension: '220', extensionId: leaving.extensionId },
    });
    expect((await findObject(world.core, owner(), 'menu', menuId)).body.options[0]?.destination).toEqual({
      ...{ type: 'user', id: staying.id },
    });
  });
});

describe('roles', () => {
  test('users may neither see nor change users', async () => {
    expect((await ask('GET', '/users', undefined, keys.member)).status).toBe(403);
    expect((await ask('POST', '/users', { firstName: 'X' }, keys.member)).status).toBe(403);
  });

  test('users see their own extension alone', async () => {
    const mine = await add({ firstName: 'Mine', extension: '230' });
    const other = await add({ firstName: 'Other', extension: '231' });
    const key = await keyOf(mine.id);
    const { body } = await ask('GET', '/extensions', undefined, key);
    expect((body['data'] as { number: string }[]).map(({ number }) => number)).toEqual(['230']);
    expect(body['pagination']).toMatchObject({ total: 1 });
    expect((await ask('GET', `/extensions/${mine.extensionId ?? 0}`, undefined, key)).status).toBe(200);
    await refuses(
      ask('GET', `/extensions/${other.extensionId ?? 0}`, undefined, key),
      403,
      /not an extension of yours/,
    );
    expect((await ask('PATCH', `/extensions/${mine.extensionId ?? 0}`, {}, key)).status).toBe(403);
  });

  test('managers do not touch owners', async () => {
    const [boss] = (await ask('GET', '/users?search=First owner')).body['data'] as UserData[];
    const says = /Only owners make, change and remove owners/;
    await refuses(ask('POST', '/users', { firstName: 'X', role: 'owner' }, keys.admin), 403, says, 'role');
    await refuses(ask('PATCH', `/users/${boss?.id ?? ''}`, { firstName: 'X' }, keys.admin), 403, says, 'role');
    await refuses(ask('DELETE', `/users/${boss?.id ?? ''}`, undefined, keys.admin), 403, says, 'role');
    const made = await add({ firstName: 'Colleague' });
    await refuses(ask('PATCH', `/users/${made.id}`, { role: 'owner' }, keys.admin), 403, says, 'role');
    expect((await ask('PATCH', `/users/${made.id}`, { role: 'manager' }, keys.admin)).status).toBe(200);
    expect((await ask('PATCH', `/users/${made.id}`, { role: 'owner' }, keys.owner)).status).toBe(200);
    expect((await ask('DELETE', `/users/${made.id}`, undefined, keys.owner)).status).toBe(204);
    // The same at the other door.
    const elsewhere = (path: string, method: string, body?: object) =>
      world.request(method, `/v1${path}`, { key: keys.admin, ...(body === undefined ? {} : { body }) });
    expect((await elsewhere('/users', 'POST', { name: 'X', role: 'owner' })).status).toBe(403);
    expect((await elsewhere(`/users/${boss?.id ?? ''}`, 'DELETE')).status).toBe(403);
  });

  test('the last owner stays one', async () => {
    const [boss] = (await ask('GET', '/users?search=First owner')).body['data'] as UserData[];
    const says = /the last owner of the account/;
    await refuses(ask('DELETE', `/users/${boss?.id ?? ''}`), 422, says, 'role');
    await refuses(ask('PATCH', `/users/${boss?.id ?? ''}`, { role: 'user' }), 422, says, 'role');
    expect((await world.request('DELETE', `/v1/users/${boss?.id ?? ''}`)).status).toBe(409);
    const second = await add({ firstName: 'Second', role: 'owner' });
    const both = [boss?.id ?? '', second.id].map((id) => ask('PATCH', `/users/${id}`, { role: 'user' }));
    expect((await Promise.all(both)).map(({ status }) => status).sort()).toEqual([200, 422]);
    await ask('PATCH', `/users/${boss?.id ?? ''}`, { role: 'owner' });
    expect((await ask('DELETE', `/users/${second.id}`)).status).toBe(204);
  });

  test('count for keys at once, and keys end with their user', async () => {
    const made = await add({ firstName: 'Keyed' });
    const key = await keyOf(made.id);
    const status = async () => (await ask('GET', '/users', undefined, key)).status;
    expect(await status()).toBe(403);
    await ask('PATCH', `/users/${made.id}`, { role: 'manager' });
    expect(await status()).toBe(200);
    await ask('PATCH', `/users/${made.id}`, { role: 'user' });
    expect(await status()).toBe(403);
    expect((await ask('DELETE', `/users/${made.id}`)).status).toBe(204);
    for (const path of ['/api/v2/account', '/api/v1/limits', '/v1/contacts']) {
      expect((await world.request('GET', path, { key })).status).toBe(401);
    }
    const listed = (await listKeys(world.core, world.account.id)).find(({ hint }) => key.endsWith(hint.slice(-4)));
    expect(listed?.revokedAt).not.toBeNull();
  });
});
