import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKey, rollKey, type Scope } from '#core/accounts/index.js';
import { CoreError } from '#core/errors.js';
import { createUser, type Role } from '#core/people/index.js';
import { openWorld, type World } from '../world.js';

/** What the keys of people may do at each door (rule 26): as much as the key and the role both allow. */
let world: World;
const keys = {} as Record<Role, string>;

beforeAll(async () => {
  world = await openWorld();
  for (const role of ['owner', 'admin', 'member'] as const) keys[role] = (await keyOf(role)).secret;
});
afterAll(() => world.close());

async function keyOf(role: Role, scopes?: Scope[]) {
  const owner = { accountId: world.account.id, mode: 'test', actor: 'test' } as const;
  const user = await createUser(world.core, { ...owner, name: `Some ${role}`, role });
  const key = await createKey(world.core, {
    ...{ ...owner, userId: user.id },
    ...(scopes === undefined ? {} : { scopes }),
  });
  return { ...key, user };
}

const statusOf = async (method: string, path: string, key: string, body?: object): Promise<number> =>
  (await world.request(method, path, { key, ...(body === undefined ? {} : { body }) })).status;

describe('a key of a user', () => {
  test.each([
    ['GET', '/api/v1/limits', 200, 200, 200],
    ['GET', '/api/v1/contacts', 200, 200, 200],
    ['GET', '/api/v1/numbers', 200, 200, 200],
    ['GET', '/api/v1/calls', 200, 200, 403],
    ['GET', '/api/v1/sms', 200, 200, 403],
    ['GET', '/api/v1/campaigns', 200, 200, 403],
    ['GET', '/api/v1/webhook_endpoints', 200, 200, 403],
    ['GET', '/v1/contacts', 200, 200, 200],
    ['GET', '/v1/users', 200, 200, 403],
    ['GET', '/v1/calls', 200, 200, 403],
    ['GET', '/v1/wallet', 200, 200, 403],
  ])('%s %s: owner %i, admin %i, member %i', async (method, path, owner, admin, member) => {
    expect({
      owner: await statusOf(method, path, keys.owner),
      admin: await statusOf(method, path, keys.admin),
      member: await statusOf(method, path, keys.member),
    }).toEqual({ owner, admin, member });
  });

  test.each([
    ['/api/v1/contacts', { phone: '+12125550100' }],
    ['/api/v1/sms', { to: '+12125550100', message: 'x' }],
    ['/v1/users', { name: 'x' }],
    ['/v1/otp', { to: '+12125550100' }],
  ])('a member may not POST %s', async (path, body) => {
    expect(await statusOf('POST', path, keys.member, body)).toBe(403);
  });

  test('has no more scopes than the key itself', async () => {
    const { secret } = await keyOf('owner', ['contacts:read']);
    expect(await statusOf('GET', '/api/v1/contacts', secret)).toBe(200);
    expect(await statusOf('GET', '/api/v1/calls', secret)).toBe(403);
    const narrow = await keyOf('member', ['contacts:read', 'calls:read']);
    expect(await statusOf('GET', '/v1/contacts', narrow.secret)).toBe(200);
    expect(await statusOf('GET', '/v1/calls', narrow.secret)).toBe(403);
    expect(await statusOf('GET', '/api/v1/limits', narrow.secret)).toBe(403);
  });

  test('stays theirs when it is rolled', async () => {
    const old = await keyOf('member');
    const rolled = await rollKey(world.core, { accountId: world.account.id, keyId: old.key.id, actor: 'test' });
    expect(rolled.key.userId).toBe(old.user.id);
    expect(await statusOf('GET', '/v1/calls', rolled.secret)).toBe(403);
  });

  test('is of somebody of the account, in the mode of the key', async () => {
    const user = await createUser(world.core, {
      ...{ accountId: world.account.id, mode: 'test', actor: 'test', name: 'Of the sandbox' },
    });
    const make = () =>
      createKey(world.core, { accountId: world.account.id, mode: 'live', userId: user.id, actor: 'test' });
    await expect(make()).rejects.toThrow(CoreError);
    await expect(make()).rejects.toThrow(/no user .* in the live mode/);
  });
});
