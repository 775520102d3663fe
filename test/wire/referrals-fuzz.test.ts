import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom, type Random } from '#voice/fuzz/random.fixture.js';
import { describedOperations, openFullShop, QUERIES, type Described, type FullShop } from '../full-shop.js';
import { describedReplies, SHOP_API } from '../shop.js';
import { openWorld, type World } from '../world.js';

/**
 * Requests of the Referrals API with something wrong in them: nothing is a fault of ours, and every refusal is as described.
 * `npm run fuzz:referrals` sends more of them, and others with every run; a finding prints the seed that repeats it.
 */
const FIRST_SEED = Number(process.env['FUZZ_SEED'] ?? 1);
const ROUNDS = Number(process.env['FUZZ_ROUNDS'] ?? 600);

let world: World;
let shop: FullShop;
let operations: Described[];
beforeAll(async () => {
  world = await openWorld();
  shop = await openFullShop(world);
  operations = (await describedOperations(world)).filter(({ name }) => name !== 'POST /assets');
});
afterAll(() => world.close());

const ODD: unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e-9, 1e308, 2 ** 31, 2 ** 53, -(2 ** 63), [], {}, [null], [[[[]]]]],
  ...[
    { a: { b: {} } },
    JSON.parse('{"__proto__":{"x":1}}') as unknown,
    { length: -1 },
    ['x'],
    [{}],
    Array(60).fill('x'),
  ],
  ...['', ' ', 'x', 'null', '-1', '1e3', 'NaN', '99999999999999999999', '%', '%00', '../..', "' or 1=1 --", '$1', '\\'],
  ...[
    '\u0000',
    'a\u0000b',
    '\ud800',
    'a\udfff',
    '\u202e',
    '\ufeff',
    '𝒳'.repeat(200),
    'x'.repeat(5000),
    '\r\nx: y',
    '<script>',
  ],
  ...['2026-02-30', '2026-13-01T00:00:00Z', '2026-12-31T23:59:60Z', '0001-01-01T00:00:00Z', '+275760-09-13T00:00:00Z'],
  ...['9999-12-31T23:59:59.999+23:59', '-000001-01-01T00:00:00Z', 'Invalid Date', 'a@b', '@', 'a@b@c.example'],
  ...['anna@example.com', '"a b"@example.com', 'ä@exämple.com', `${'a'.repeat(250)}@example.com`, '+1', '+14155550123'],
  ...['::1', '999.1.1.1', 'fe80::1%eth0', 'USD', 'XXX', 'purchase', 'event:', 'event:x', 'http://[', 'javascript:1'],
];

const pick = <T>(random: Random, of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;

/** The same with one odd value in it, or with a field too many. */
function damaged(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || random() < 0.1) return pick(random, ODD);
  if (Array.isArray(value)) {
    if (value.length === 0 || random() < 0.2) return [...(value as unknown[]), pick(random, ODD)];
    const at = Math.floor(random() * value.length);
    return (value as unknown[]).map((one, index) => (index === at ? damaged(random, one) : one));
  }
  const fields = Object.entries(value);
  if (fields.length === 0 || random() < 0.1) return { ...value, [String(pick(random, ODD))]: pick(random, ODD) };
  const [name] = pick(random, fields);
  if (random() < 0.1) return Object.fromEntries(fields.filter(([other]) => other !== name));
  return Object.fromEntries(fields.map(([other, one]) => [other, other === name ? damaged(random, one) : one]));
}

/** A valid value of a schema with some fields left out, as far as one can be made of it. */
function madeOf(random: Random, schema: Schema, depth = 0): unknown {
  const kinds = schema.anyOf ?? schema.oneOf;
  if (kinds !== undefined) return madeOf(random, pick(random, kinds), depth);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return pick(random, schema.enum);
  if (schema.properties !== undefined) {
    const wanted = Object.entries(schema.properties).filter(
      ([name]) => name !== 'site_slug' && (schema.required?.includes(name) === true || random() < 0.3),
    );
    return Object.fromEntries(wanted.map(([name, of]) => [name, madeOf(random, of, depth + 1)]));
  }
  if (schema.type === 'array')
    return random() < 0.5 || depth > 5 ? [] : [madeOf(random, schema.items ?? {}, depth + 1)];
  if (schema.type === 'boolean') return random() < 0.5;
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? Math.floor(random() * 100);
  if (schema.type === 'null') return null;
  return pick(random, ['x', 'anna@example.com', '100011', '2026-01-01T00:00:00Z', 'purchase', '+14155550123']);
}

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  const?: unknown;
  enum?: unknown[];
  minimum?: number;
}

async function round(seed: number): Promise<string | undefined> {
  const random = seededRandom(seed);
  const { method, path, example } = pick(random, operations);
  const described = await describedReplies(world);
  const operation = described.operationOf(method, `${SHOP_API}${path}`);
  const odd = (): string => encodeURIComponent(String(pick(random, ODD)).replace(/[\ud800-\udfff]/g, '?'));
  const steps = path.split('/');
  const isOdd = random() < 0.2;
  const place = shop
    .addressOf(path)
    .split('/')
    .map((step, at) => (isOdd && steps[at]?.startsWith('{') ? odd() : step));
  const asked = operation?.parameters?.filter((one) => one.in === 'query' && random() < 0.2) ?? [];
  const more = asked.map(({ name }) => `${encodeURIComponent(name)}=${odd()}`);
  const query = [...(QUERIES[path] === undefined ? [] : [QUERIES[path].slice(1)]), ...more].join('&');
  const address = `${SHOP_API}${place.join('/')}${query === '' ? '' : `?${query}`}`;
  const schema = operation?.requestBody?.content['application/json']?.schema as Schema | undefined;
  const whole = schema !== undefined && random() < 0.5 ? madeOf(random, schema) : example;
  const body = example === undefined ? undefined : random() < 0.85 ? damaged(random, whole) : whole;
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const reply = await world.request(method, address, {
    ...{ key: shop.keys.test, ...(sent === undefined ? {} : { body: sent }) },
  });
  const told = `repeat with FUZZ_SEED=${seed} FUZZ_ROUNDS=1\n${method} ${address}\n${sent}\n${reply.status} ${reply.raw.toString()}`;
  if (reply.status >= 500) return told;
  const { ok, error_message: sentence } = reply.body;
  if (reply.status >= 400 && (ok !== false || typeof sentence !== 'string' || sentence === '')) return told;
  try {
    described.check(method, address, reply);
  } catch (error) {
    return `${told}\n${String(error)}`;
  }
  return undefined;
}

test('odd requests are refused, and break nothing', { timeout: 3_600_000 }, async () => {
  const findings: string[] = [];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
    const finding = await round(seed);
    if (finding !== undefined) findings.push(finding);
  }
  expect(findings).toEqual([]);
});
