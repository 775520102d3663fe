import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROUTE_RULES } from '#apis/phone-system/route-rules.js';
import { createKey } from '#core/accounts/index.js';
import { createUser, type Role } from '#core/people/index.js';
import { FEATURE_NAMES, setAccountPlan, setPlan } from '#core/plans/index.js';
import type { HeldClock } from '../held-clock.js';
import { openWorld, type World } from '../world.js';

/** Whom every single route of the phone system is for. */
let world: World;
let routes: { method: string; path: string; operationId: string; description: string; responses: object }[];
const keys = {} as Record<Role, string>;

beforeAll(async () => {
  world = await openWorld();
  const owner = { accountId: world.account.id, mode: 'test', actor: 'test' } as const;
  for (const role of ['owner', 'admin', 'member'] as const) {
    const { id } = await createUser(world.core, { ...owner, name: `Some ${role}`, role });
    keys[role] = (await createKey(world.core, { ...owner, userId: id })).secret;
  }
  const { body } = await world.request('GET', '/docs/phone-system.json', { key: null });
  type Operation = { operationId: string; description: string; security?: unknown[]; responses: object };
  routes = Object.entries(body['paths'] as Record<string, Record<string, Operation>>).flatMap(([path, operations]) =>
    Object.entries(operations)
      // Those for everybody, without a key, are named by a secret link.
      .filter(([, { security }]) => security?.length !== 0)
      .map(([method, { operationId, description, responses }]) => ({
        ...{ method, path, operationId, description, responses },
      })),
  );
});
afterAll(() => world.close());

/** Neither role nor plan look at what is asked for. */
async function statusOf(role: Role, { method, path }: (typeof routes)[number]): Promise<number> {
  (world.clock as HeldClock).advance(1000);
  const address = path.replace(/\{[^}]+\}/g, '999999');
  const body = ['get', 'delete'].includes(method) ? {} : { body: { 'no such field': 1 } };
  return (await world.request(method.toUpperCase(), address, { key: keys[role], ...body })).status;
}

describe('every route', () => {
  test('has a rule, and every rule a route', () => {
    expect(routes.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(ROUTE_RULES).sort());
  });

  test('says in its description whom it is for', () => {
    for (const { operationId, description, responses } of routes) {
      expect(description, operationId).toMatch(/For (every key|users too|owners)/);
      const { feature } = ROUTE_RULES[operationId] ?? {};
      if (feature !== undefined) expect(description).toContain(`\`${feature}\``);
      // Of this one a filter needs one.
      const mayLack = feature !== undefined || operationId === 'listCallHistory';
      expect([operationId, '402' in responses]).toEqual([operationId, mayLack]);
    }
  });

  test('lets in whom it is for, and nobody else', async () => {
    const wrong: string[] = [];
    for (const route of routes) {
      const { who = 'managers' } = ROUTE_RULES[route.operationId] ?? {};
      const forbidden: Record<Role, boolean> = {
        owner: false,
        admin: who === 'owners',
        member: who === 'owners' || who === 'managers',
      };
      for (const role of ['owner', 'admin', 'member'] as const) {
        const status = await statusOf(role, route);
        if ((status === 403) !== forbidden[role] || status >= 500)
          wrong.push(`${route.operationId}: ${role} ${status}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('is 402 where the plan lacks its feature, and only then', async () => {
    const { core, account } = world;
    await setPlan(core, { name: 'nothing', actor: 'test' });
    await setAccountPlan(core, { accountId: account.id, plan: 'nothing', actor: 'test' });
    const wrong: string[] = [];
    for (const route of routes) {
      const { feature } = ROUTE_RULES[route.operationId] ?? {};
      const status = await statusOf('owner', route);
      if ((status === 402) !== (feature !== undefined)) wrong.push(`${route.operationId}: ${status}`);
    }
    expect(wrong).toEqual([]);
    const features = Object.fromEntries(FEATURE_NAMES.map((name) => [name, null]));
    await setPlan(core, { name: 'nothing', features, actor: 'test' });
    for (const route of routes) expect(await statusOf('owner', route), route.operationId).not.toBe(402);
  });
});
