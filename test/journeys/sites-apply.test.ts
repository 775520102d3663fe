/** A whole site as one document: applied at once or not at all, and again without a change. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CoreError } from '#core/errors.js';
import { applySiteDocument, readSiteDocument } from '#core/site-documents/index.js';
import { createSite, findSite, type CreatedSite } from '#core/sites/index.js';
import type { Mode } from '#core/tables.js';
import { openWorld, type World } from '../world.js';

let world: World;
let created: CreatedSite;

beforeAll(async () => {
  world = await openWorld();
  created = await createSite(world.core, {
    accountId: world.account.id,
    slug: 'store',
    currency: 'JPY',
    actor: 'test',
  });
});
afterAll(() => world.close());

const DOCUMENT = {
  ...{ name: 'The Store', url: 'https://store.example/', currency: 'USD', time_zone: 'Europe/Berlin' },
  settings: { reminder_days: 0, fraud: { ip: 'flag' } },
  coupon_lists: [
    { name: 'Advocates', amount: 9.99, codes: ['one', 'two'] },
    { name: 'Friends', percentage: 15, prefix: 'frd-', valid_days: 14 },
  ],
  campaigns: [
    {
      slug: 'give',
      tags: ['default'],
      incentives: [
        {
          identifier: 'advocate',
          reason: 'referrer',
          type: 'discount_coupon',
          description: '$9.99',
          coupon_list: 'Advocates',
        },
        {
          identifier: 'friend',
          reason: 'referred',
          type: 'discount_coupon',
          description: '15 %',
          coupon_list: 'Friends',
        },
      ],
    },
    {
      slug: 'points',
      type: 'loyalty',
      loyalty: {
        actions: [{ identifier: 'purchase', name: 'Buys', points: 10 }],
        redemption_batches: [{ coupon_list: 'Friends', description: '15 %', points_cost: 100 }],
      },
    },
  ],
};

const site = (mode: Mode) => findSite(world.core, { accountId: world.account.id, mode }, 'store');
const apply = async (document: unknown, ...modes: Mode[]) =>
  applySiteDocument(world.core, await Promise.all(modes.map(site)), document, 'test');

test('everything is made, in both halves', async () => {
  const applied = await apply(DOCUMENT, 'live', 'test');
  const half = (mode: Mode) => [
    { mode, what: 'site', done: 'changed' },
    { mode, what: 'coupon list "Advocates"', done: 'created' },
    { mode, what: 'coupon list "Advocates"', done: '2 codes added' },
    { mode, what: 'coupon list "Friends"', done: 'created' },
    { mode, what: 'campaign "give"', done: 'created' },
    { mode, what: 'campaign "points"', done: 'created' },
  ];
  expect(applied).toEqual([...half('live'), ...half('test')]);
  const { status, body } = await world.request('GET', '/referrals/api/v2/manage/campaigns/give', {
    key: created.keys.live,
  });
  expect(status).toBe(200);
  expect(body).toMatchObject({ result: { campaign: { incentives: DOCUMENT.campaigns[0]?.incentives } } });
});

test('applying it again changes nothing, and neither does what is shown of it', async () => {
  const again = await apply(DOCUMENT, 'live', 'test');
  expect(new Set(again.map(({ done }) => done))).toEqual(new Set(['unchanged']));
  const shown = await readSiteDocument(world.core, await site('test'));
  expect(new Set((await apply(shown, 'test')).map(({ done }) => done))).toEqual(new Set(['unchanged']));
  expect(shown).toMatchObject({ name: 'The Store', currency: 'USD', settings: { reminder_days: 0 } });
});

test('a change is told, and what is not named stays', async () => {
  const applied = await apply({ coupon_lists: [{ name: 'Advocates', amount: 12, codes: ['two', 'three'] }] }, 'test');
  expect(applied).toEqual([
    { mode: 'test', what: 'site', done: 'unchanged' },
    { mode: 'test', what: 'coupon list "Advocates"', done: 'changed' },
    { mode: 'test', what: 'coupon list "Advocates"', done: '1 codes added' },
  ]);
});

test('what is promised changes together with what codes are worth, and not alone', async () => {
  const worth = (given: number, ...promised: number[]) => ({
    coupon_lists: [{ name: 'Worth', amount: given, prefix: 'w-' }],
    campaigns: promised.map((amount) => ({
      slug: 'worth',
      incentives: [{ ...DOCUMENT.campaigns[0]?.incentives?.[0], amount, coupon_list: 'Worth' }],
    })),
  });
  await apply(worth(5, 5), 'test');
  expect((await apply(worth(6, 6), 'test')).map(({ done }) => done)).toEqual(['unchanged', 'changed', 'changed']);
  await expect(apply(worth(6, 7), 'test')).rejects.toThrow(
    'campaigns[0]: `incentives[0].amount` is not what its coupons are worth, which is 6 USD.',
  );
  await expect(apply(worth(7), 'test')).rejects.toThrow(
    'coupon_lists[0]: `amount` is not what the campaign "worth" promises: leave out its `incentives[0].amount` first.',
  );
});

test.each([
  ['no object', [], 'site.bad_input', '`the document` must be an object.'],
  [
    'what is not known',
    { coupons: 1, time_zone: 5 },
    'site.bad_input',
    '`coupons` is not known here; `time_zone` must be a text.',
  ],
  [
    'a list that is not there',
    {
      name: 'Never',
      campaigns: [{ slug: 'new', incentives: [{ ...DOCUMENT.campaigns[0]?.incentives?.[0], coupon_list: 'No' }] }],
    },
    'referral_campaign.bad_input',
    'campaigns[0]: `incentives[0].coupon_list` is no coupon list of the site: "No".',
  ],
  [
    'a bad list after a good change',
    { name: 'Never', coupon_lists: [{ name: 'Empty' }] },
    'coupon_list.bad_input',
    'coupon_lists[0]: Coupons are worth an amount or a percentage: one of the two.',
  ],
  [
    'a code with a blank',
    { coupon_lists: [{ name: 'Friends', percentage: 15, codes: ['a b'] }] },
    'coupon_list.bad_input',
    /"a b"/,
  ],
])('nothing is done for %s', async (_what, document, code, message) => {
  const before = await readSiteDocument(world.core, await site('live'));
  await expect(apply(document, 'live', 'test')).rejects.toMatchObject({
    code,
    message: typeof message === 'string' ? message : (expect.stringMatching(message) as string),
  });
  expect(await readSiteDocument(world.core, await site('live'))).toEqual(before);
});

/** Every place of a document, as the way that leads there. */
function placesOf(value: unknown, way: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [[...way]];
  const inner = Object.entries(value).flatMap(([name, one]) => placesOf(one, [...way, name]));
  return way.length === 0 ? inner : [[...way], ...inner];
}

function replaced(document: unknown, way: readonly (string | number)[], by: unknown): unknown {
  const copy = structuredClone(document) as Record<string | number, unknown>;
  let at = copy;
  for (const step of way.slice(0, -1)) at = at[step] as typeof copy;
  at[way.at(-1) ?? ''] = by;
  return copy;
}

const ODD: readonly unknown[] = [
  null,
  -1,
  1.5,
  1e300,
  '',
  'a\0b',
  '\ud800',
  'x'.repeat(3000),
  true,
  [],
  [[]],
  {},
  { toString: 1 },
  [null],
];

test('whatever stands in the place of anything is applied or refused with a sentence', async () => {
  const places = placesOf(DOCUMENT);
  const refused = new Set<string>();
  for (const way of places) {
    for (const odd of ODD) {
      try {
        await apply(replaced(DOCUMENT, way, odd), 'test');
      } catch (error) {
        expect(error, `${way.join('.')}: ${JSON.stringify(odd)}`).toBeInstanceOf(CoreError);
        expect((error as CoreError).message).toMatch(/^.{10,1500}$/);
        refused.add(way.join('.'));
      }
    }
  }
  // There is no place where anything goes.
  expect(places.map((way) => way.join('.')).filter((way) => !refused.has(way))).toEqual([]);
});

test('what is refused says its place once', async () => {
  const refused = (document: unknown) => expect(apply(document, 'test')).rejects;
  await refused({ coupon_lists: [{ name: 'Friends', percentage: 15, valid_days: 0 }] }).toMatchObject({
    message: 'coupon_lists[0]: `valid_days` of a coupon list is from 1 to 3650.',
    field: 'coupon_lists[0].valid_days',
    problems: [{ path: 'coupon_lists[0].valid_days', message: '`valid_days` of a coupon list is from 1 to 3650.' }],
  });
  await refused({ campaigns: [{ slug: 'new', audience: { tags: [] } }] }).toMatchObject({
    field: 'campaigns[0].audience.tags',
    problems: [{ path: 'campaigns[0].audience.tags', message: 'has at least one tag: without one, nobody is of it' }],
  });
  await refused({ campaigns: [{ slug: 'points' }] }).toMatchObject({
    message: 'campaigns[0]: `type` stays: the campaign "points" is of type loyalty.',
    field: 'campaigns[0].type',
    problems: [{ path: 'campaigns[0].type' }],
  });
  await refused({ coupon_lists: [{ name: 'Old', amount: 0.5, expires_at: '2020-01-01T00:00:00Z' }] }).toMatchObject({
    message: 'coupon_lists[0]: `expires_at` is over: nobody could use the codes.',
  });
  await refused({ name: 'a\nb' }).toMatchObject({ message: 'A name has 1 to 100 characters, in one line.' });
  await refused({ coupon_lists: [{ name: 'Fine', amount: 0.001 }] }).toMatchObject({
    message: 'coupon_lists[0]: `amount` has more decimals than USD has.',
  });
});

test('applied twice at once it is made once, with 10,000 codes', async () => {
  const codes = Array.from({ length: 10_000 }, (_, n) => `many-${n}`);
  const document = { coupon_lists: [{ name: 'Many', amount: 5, codes }], campaigns: [{ slug: 'twice' }] };
  const both = await Promise.all([apply(document, 'live', 'test'), apply(document, 'test', 'live')]);
  const done = both.flat().filter(({ done }) => done !== 'unchanged');
  expect(done.map(({ mode, what, done }) => `${mode} ${what} ${done}`).sort()).toEqual(
    ['live', 'test'].flatMap((mode) => [
      `${mode} campaign "twice" created`,
      `${mode} coupon list "Many" 10000 codes added`,
      `${mode} coupon list "Many" created`,
    ]),
  );
  const { n } = await world.core.db
    .selectFrom('coupons')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('code', 'like', 'MANY-%')
    .executeTakeFirstOrThrow();
  expect(n).toBe(20_000);
  await expect(apply({ coupon_lists: [{ ...document.coupon_lists[0], codes: [...codes, 'one'] }] })).rejects.toThrow(
    '`coupon_lists[0].codes` has more than 10000 entries.',
  );
});
