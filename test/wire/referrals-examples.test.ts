import { afterAll, beforeAll, expect, test } from 'vitest';
import { describedOperations } from '../full-shop.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

let world: World;
let shop: Shop;
beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
});
afterAll(() => world.close());

/** What the examples in paths name; other paths name what has a number or a code of its own. */
const NAMED: Record<string, string> = { '{person_slug}': 'anna@example.com', '{origin_slug}': '100011' };
/** Those that others need come first, and those that end something last. */
function place({ path }: { path: string }): number {
  if (path.startsWith('/origins/') && !path.includes('{')) return 0;
  return /refund|unsubscribe|anonymize/.test(path) ? 2 : 1;
}

test('every request is shown with an example that nothing has to be filled in of', async () => {
  const operations = await describedOperations(world);
  const bodies = operations.filter(({ method, name }) => ['POST', 'PUT'].includes(method) && name !== 'POST /assets');
  const without = bodies.filter(({ example }) => example === undefined).map(({ name }) => name);
  // These take no body.
  expect(without.filter((name) => !/track_visit|roll_|replay|\/pay/.test(name))).toEqual([]);
  expect(JSON.stringify(bodies.map(({ example }) => example))).not.toMatch(/site_slug|"string"/);
});

test('examples whose path needs no code do what they say, as they are', async () => {
  const operations = await describedOperations(world);
  const whole = operations.filter(({ example, path, name }) => {
    const open = path.replace(/\{(person|origin)_slug\}/, (slug) => NAMED[slug] ?? slug);
    return example !== undefined && !open.includes('{') && name !== 'PUT /origins/{origin_slug}/referral';
  });
  const statuses: [string, number, unknown][] = [];
  for (const { name, method, path, example } of [...whole].sort((one, other) => place(one) - place(other))) {
    const address = path.replace(/\{\w+\}/, (slug) => NAMED[slug] ?? slug);
    const reply = await shop.ask(method, address, example);
    if (reply.status >= 300) statuses.push([name, reply.status, reply.body]);
  }
  expect(whole.length).toBeGreaterThan(14);
  // Only a loyalty campaign makes members.
  expect(statuses.filter(([name]) => !name.includes('/loyalty/'))).toEqual([]);
});
