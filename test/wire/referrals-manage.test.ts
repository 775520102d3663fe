/** The routes that set up a site: each with its statuses and whole answers. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKey } from '#core/accounts/index.js';
import type { Mode } from '#core/tables.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

let world: World;
let shop: Shop;

beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
});
afterAll(() => world.close());

const TIME = expect.stringMatching(/^2026-03-02T10:00:00\.000-05:00$/) as string;
const ok = (result: unknown) => ({ ok: true, result });
const refusal = (error_message: unknown) => ({ ok: false, error_message });
const stamps = { created_at: TIME, updated_at: TIME };

async function audited(action: string): Promise<Record<string, unknown>[]> {
  const rows = await world.core.db.selectFrom('audit_log').selectAll().where('action', '=', action).execute();
  return rows.map(({ subject, details, actor }) => ({ subject, details, actor }));
}

describe('the site', () => {
  test('is shown with all that is set', async () => {
    const { status, body } = await shop.ask('GET', '/manage/site');
    expect(status).toBe(200);
    expect(body).toEqual(
      ok({
        site: {
          ...{ slug: 'shop', mode: 'test', name: 'The Shop', url: 'https://shop.example/welcome', currency: 'USD' },
          ...{ time_zone: 'America/New_York', public_id: shop.site.test.publicId, ...stamps },
          settings: {
            fraud: {
              ...{ self_referral: 'block', cookie: 'block', similar_email: 'flag', shipping_address: 'flag' },
              ...{ ip_and_user_agent: 'flag', ip: 'pass', phone: 'block', mutual: 'flag', unconfirmed_claim: 'flag' },
            },
            ...{ cookie_days: 30, share_emails_per_day: 50, share_emails_at_once: 20, reminder_days: 3 },
            ...{ share_own_words: false, postal_address: '', least_used_ms_per_minute: 3000 },
          },
        },
      }),
    );
  });

  test('changes by what is given, in one mode', async () => {
    const change = { name: 'Shop two', settings: { reminder_days: 5, fraud: { ip: 'flag' } } };
    const { status, body } = await shop.ask('PUT', '/manage/site', change);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      result: {
        site: {
          name: 'Shop two',
          settings: { reminder_days: 5, cookie_days: 30, fraud: { ip: 'flag', mutual: 'flag' } },
        },
      },
    });
    await shop.ask('PUT', '/manage/site', { settings: { cookie_days: 7 } });
    expect((await shop.ask('GET', '/manage/site')).body).toMatchObject({
      result: { site: { settings: { reminder_days: 5, cookie_days: 7, fraud: { ip: 'flag' } } } },
    });
    expect((await shop.ask('GET', '/manage/site', undefined, 'live')).body).toMatchObject({
      result: { site: { name: 'The Shop', settings: { reminder_days: 3 } } },
    });
    expect(await audited('site.update')).toHaveLength(2);
  });

  test.each([
    ['a currency, once there are amounts', { currency: 'EUR' }, 422, /^Validation failed: The currency stays/],
    [
      'a zone that is none',
      { time_zone: 'Mars/North' },
      422,
      /^Validation failed: There is no time zone "Mars\/North"/,
    ],
    ['an address that is none', { url: 'ftp://shop' }, 422, /^Validation failed: An address of a page/],
    ['a setting that is none', { settings: { colour: 'red' } }, 400, /^found unpermitted parameter: :colour$/],
    ['a setting out of its bounds', { settings: { cookie_days: 0 } }, 400, /settings\.cookie_days/],
    ['a check that is none', { settings: { fraud: { luck: 'block' } } }, 400, /unpermitted parameter: :luck/],
    ['an outcome that is none', { settings: { fraud: { ip: 'hang' } } }, 400, /settings\.fraud\.ip/],
    ['an empty name', { name: '' }, 400, /name/],
    ['a name of blanks', { name: '  ' }, 422, /^Validation failed: A name has/],
    ['a name of two lines', { name: 'Shop\r\nBcc: all' }, 422, /^Validation failed: A name has .* in one line/],
  ])('refuses %s', async (_what, body, status, message) => {
    const reply = await shop.ask('PUT', '/manage/site', body);
    expect(reply).toMatchObject({ status, body: refusal(expect.stringMatching(message)) });
  });
});

describe('the security key', () => {
  const email = 'signed@example.com';
  const hash = (key: string) => createHmac('sha256', key).update(email).digest('hex');
  const signs = async (identifier_hash: string, mode: Mode = 'test') =>
    (await shop.ask('PUT', `/people/${email}`, { data: { identifier_hash } }, mode)).status;
  const join = (mode: Mode) => shop.ask('POST', '/origins/affiliate_member', { data: { email } }, mode);

  test('is shown with the site that was made, and with a new one the old one is believed no more', async () => {
    await join('test');
    await join('live');
    const old = shop.securityKeys.test;
    expect([await signs(hash(old)), await signs(hash(old), 'live')]).toEqual([200, 400]);
    const rolled = await shop.ask('POST', '/manage/site/roll_security_key');
    expect(rolled.status).toBe(200);
    const { security_key: fresh } = rolled.body['result'] as { security_key: string };
    expect(fresh).toMatch(/^[0-9a-f]{64}$/);
    expect([await signs(hash(old)), await signs(hash(fresh))]).toEqual([400, 200]);
    expect(await signs(hash(shop.securityKeys.live), 'live')).toBe(200);
    expect(await audited('site.roll_security_key')).toEqual([
      {
        subject: shop.site.test.id,
        details: { slug: 'shop', mode: 'test' },
        actor: expect.stringMatching(/^key_/) as string,
      },
    ]);
  });

  test('is rolled only with the right to write', async () => {
    const { secret } = await createKey(world.core, {
      ...{ accountId: world.account.id, mode: 'test', siteId: shop.site.test.id, scopes: ['referrals:read'] },
      actor: 'test',
    });
    const asked = await world.request('POST', '/referrals/api/v2/manage/site/roll_security_key', { key: secret });
    expect(asked.status).toBe(403);
  });
});

describe('coupon lists', () => {
  test('are made, shown, changed and removed', async () => {
    const made = await shop.ask('POST', '/manage/coupon_lists', { name: 'Tens', percentage: 12.5, refill_below: 20 });
    const { id } = (made.body['result'] as { coupon_list: { id: number } }).coupon_list;
    const list = {
      ...{ id, name: 'Tens', percentage: 12.5, single_use: true, refill_below: 20, ...stamps },
      codes: { total: 0, issued: 0 },
    };
    expect(made).toMatchObject({ status: 201 });
    expect(made.body).toEqual(ok({ coupon_list: list }));
    expect((await shop.ask('GET', `/manage/coupon_lists/${id}`)).body).toEqual(ok({ coupon_list: list }));

    const change = { name: 'Fives', amount: 5.25, description: '$5.25 off', valid_days: 30 };
    const changed = await shop.ask('PUT', `/manage/coupon_lists/${id}`, change);
    expect(changed.body).toEqual(
      ok({ coupon_list: { id, single_use: true, codes: list.codes, ...stamps, ...change } }),
    );
    const stored = await world.core.db
      .selectFrom('coupon_lists')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(stored).toMatchObject({ amount: 525, percentage: null, valid_days: 30 });

    expect(await shop.ask('DELETE', `/manage/coupon_lists/${id}`)).toMatchObject({ status: 200, body: ok({}) });
    expect(await shop.ask('GET', `/manage/coupon_lists/${id}`)).toMatchObject({
      status: 404,
      body: refusal('No coupon list found by its id.'),
    });
    expect((await audited('coupon_list.remove')).at(-1)).toMatchObject({ subject: String(id) });
  });

  test('come in pages', async () => {
    const { body } = await shop.ask('GET', '/manage/coupon_lists?per_page=1&page=2');
    const prefixed = {
      id: shop.lists.test.friend,
      name: 'Friends',
      amount: 10,
      single_use: true,
      prefix: 'FRD',
      ...stamps,
    };
    expect(body).toEqual(ok({ coupon_lists: [{ ...prefixed, codes: { total: 0, issued: 0 } }], total: 2 }));
  });

  test.each([
    ['neither amount nor percentage', { name: 'X' }, 422, /an amount or a percentage/],
    ['both', { name: 'X', amount: 1, percentage: 1 }, 422, /one of the two/],
    ['a name that is taken', { name: 'Friends', amount: 1 }, 422, /There is a coupon list "Friends" already/],
    ['a limit of what is for one', { name: 'X', amount: 1, usage_limit: 5 }, 422, /for many/],
    [
      'days of a code for all',
      { name: 'X', amount: 1, single_use: false, valid_days: 5 },
      422,
      /`valid_days` goes with/,
    ],
    ['a prefix with a blank', { name: 'X', amount: 1, prefix: 'A B' }, 422, /A prefix has/],
    ['a prefix that asks for more', { name: 'X', amount: 1, prefix: 'A', refill_below: 2 }, 422, /never asks/],
    ['an end that is over', { name: 'X', amount: 1, expires_at: '2026-03-02T15:00:00Z' }, 422, /`expires_at` is over/],
    ['a name of two lines', { name: 'X\nY', amount: 1 }, 422, /A name is one line/],
    ['less than a cent', { name: 'X', amount: 0.001 }, 422, /`amount` has more decimals than USD has/],
    ['part of a cent', { name: 'X', amount: 10.005 }, 422, /`amount` has more decimals than USD has/],
    ['less of a per cent than is kept', { name: 'X', percentage: 0.001 }, 422, /`percentage` has more than two/],
    ['a time that is none', { name: 'X', amount: 1, expires_at: 'soon' }, 422, /`expires_at` must be a time/],
    ['a field that is none', { name: 'X', amount: 1, foo: 1 }, 400, /^found unpermitted parameter: :foo$/],
    ['no name', { amount: 1 }, 400, /^`name` is required$/],
    ['more than all of it', { name: 'X', percentage: 101 }, 400, /percentage/],
  ])('are refused with %s', async (_what, body, status, message) => {
    const reply = await shop.ask('POST', '/manage/coupon_lists', body);
    expect(reply).toMatchObject({ status, body: refusal(expect.stringMatching(message)) });
  });

  test('are worth what campaigns promise, whichever of the two is said last', async () => {
    const made = await shop.ask('POST', '/manage/coupon_lists', { name: 'Promised', amount: 10 });
    const { id } = (made.body['result'] as { coupon_list: { id: number } }).coupon_list;
    const it = { identifier: 'it', reason: 'referrer', type: 'discount_coupon', description: 'It' };
    const promise = (worth: object, more: object = {}) =>
      shop.ask('PUT', '/manage/campaigns/promises', {
        ...more,
        incentives: [{ ...it, ...worth, coupon_list: 'Promised' }],
      });
    const give = (worth: object) => shop.ask('PUT', `/manage/coupon_lists/${id}`, { name: 'Promised', ...worth });
    const not = (field: string, worth: string) =>
      refusal(`Validation failed: \`incentives[0].${field}\` is not what its coupons are worth, which is ${worth}.`);
    expect(await promise({ amount: 50 })).toMatchObject({ status: 422, body: not('amount', '10 USD') });
    expect(await promise({ percentage: 10 })).toMatchObject({ status: 422, body: not('percentage', '10 USD') });
    expect((await promise({})).status).toBe(200);
    expect((await promise({ amount: 10 })).status).toBe(200);

    const first = (field: string) =>
      refusal(
        `Validation failed: \`${field}\` is not what the campaign "promises" promises: leave out its \`incentives[0].amount\` first.`,
      );
    expect(await give({ amount: 9.99 })).toMatchObject({ status: 422, body: first('amount') });
    expect(await give({ percentage: 10 })).toMatchObject({ status: 422, body: first('percentage') });
    expect((await give({ amount: 10, description: 'Ten' })).status).toBe(200);
    expect((await promise({})).status).toBe(200);
    expect((await give({ percentage: 12.5 })).status).toBe(200);
    expect(await promise({ percentage: 12 })).toMatchObject({ status: 422, body: not('percentage', '12.5 %') });
    expect((await promise({ percentage: 12.5 })).status).toBe(200);

    expect((await promise({ percentage: 12.5 }, { status: 'disabled' })).status).toBe(200);
    expect((await give({ percentage: 20 })).status).toBe(200);
    expect((await promise({ percentage: 12.5 }, { status: 'disabled', name: 'Over' })).status).toBe(200);
    expect(await promise({ percentage: 12.5 })).toMatchObject({ status: 422, body: not('percentage', '20 %') });
    expect((await shop.ask('DELETE', '/manage/campaigns/promises')).status).toBe(200);
    expect((await shop.ask('DELETE', `/manage/coupon_lists/${id}`)).status).toBe(200);
  });

  test('that campaigns name stay', async () => {
    const path = `/manage/coupon_lists/${shop.lists.test.friend}`;
    expect(await shop.ask('DELETE', path)).toMatchObject({
      status: 422,
      body: refusal('Validation failed: Campaigns name the coupon list, or somebody has a code of it.'),
    });
    expect((await shop.ask('DELETE', path, undefined, 'live')).status).toBe(404);
    expect((await shop.ask('PUT', path, { name: 'Advocates', amount: 1 })).status).toBe(422);
  });
});

describe('codes', () => {
  let id = 0;
  beforeAll(async () => {
    const made = await shop.ask('POST', '/manage/coupon_lists', { name: 'Handed in', amount: 1 });
    id = (made.body['result'] as { coupon_list: { id: number } }).coupon_list.id;
  });

  test('are kept in upper case, and told where they were there', async () => {
    const first = await shop.ask('POST', `/manage/coupon_lists/${id}/codes`, {
      codes: ['abc', 'ABC', 'X-1_/.%:*+@&#'],
    });
    expect(first).toMatchObject({ status: 201, body: ok({ added: 2, existing: [] }) });
    const second = await shop.ask('POST', `/manage/coupon_lists/${id}/codes`, { codes: ['Abc', 'new'] });
    expect(second.body).toEqual(ok({ added: 1, existing: ['ABC'] }));
    expect((await shop.ask('GET', `/manage/coupon_lists/${id}`)).body).toMatchObject({
      result: { coupon_list: { codes: { total: 3, issued: 0 } } },
    });
  });

  test('come ten thousand at once, also from two at once', async () => {
    const codes = Array.from({ length: 10_000 }, (_, n) => `MANY-${n}`);
    const replies = await Promise.all([
      shop.ask('POST', `/manage/coupon_lists/${id}/codes`, { codes }),
      shop.ask('POST', `/manage/coupon_lists/${id}/codes`, { codes: codes.toReversed() }),
    ]);
    const added = replies.map(({ body }) => (body['result'] as { added: number }).added);
    expect(added.toSorted((a, b) => a - b)).toEqual([0, 10_000]);
    const more = await shop.ask('POST', `/manage/coupon_lists/${id}/codes`, { codes: [...codes, 'ONE-MORE'] });
    expect(more.status).toBe(400);
  });

  test('are refused where a list makes its own for each person', async () => {
    const own = { name: 'Makes its own', amount: 5, prefix: 'OWN' };
    const made = await shop.ask('POST', '/manage/coupon_lists', own);
    const { coupon_list: list } = made.body['result'] as { coupon_list: { id: number } };
    const put = () => shop.ask('POST', `/manage/coupon_lists/${list.id}/codes`, { codes: ['THEIRS-1'] });
    const error_message = expect.stringContaining('makes its own codes, and hands out no others') as string;
    expect(await put()).toMatchObject({ status: 422, body: { ok: false, error_message } });
    const everybodys = await shop.ask('PUT', `/manage/coupon_lists/${list.id}`, { ...own, single_use: false });
    expect(everybodys.status).toBe(200);
    expect((await put()).status).toBe(201);
  });

  test.each([
    ['too short', ['AB'], 422, /"AB": A code has 3 to 255/],
    ['with a blank', ['A CODE'], 422, /A code has/],
    ['too long', ['A'.repeat(256)], 422, /A code has/],
    ['of other letters', ['ÄÖÜ'], 422, /A code has/],
    ['none at all', [], 400, /codes/],
    ['no text', [7], 400, /codes/],
  ])('are refused: %s', async (_what, codes, status, message) => {
    const reply = await shop.ask('POST', `/manage/coupon_lists/${id}/codes`, { codes });
    expect(reply).toMatchObject({ status, body: refusal(expect.stringMatching(message)) });
  });

  test('go into a list of the site and the mode', async () => {
    const reply = await shop.ask('POST', `/manage/coupon_lists/${id}/codes`, { codes: ['LIVE'] }, 'live');
    expect(reply.status).toBe(404);
  });
});

describe('campaigns', () => {
  const texts = {
    ...{ headline: 'Give $10, get $10', description: 'Your friends get $10 off, and so do you.' },
    ...{ friend_headline: '{name} gives you $10', friend_description: 'Take it with your first purchase.' },
    ...{ share_subject: '{name} gives you $10 at {site}', share_message: 'Here is $10 for you: {link}' },
  };
  const incentives = [
    {
      ...{ identifier: 'advocate', reason: 'referrer', type: 'discount_coupon', amount: 10, description: '$10' },
      ...{ coupon_list: 'Advocates', criteria: { new_customer: true, subtotal_min: 49.99 } },
    },
    { identifier: 'friend', reason: 'referred', type: 'rebate', percentage: 7.25, description: '7.25 %' },
  ];

  const counting = (criteria: object) => ({
    ...{ identifier: 'it', reason: 'referrer', type: 'other', description: 'It', criteria },
  });

  test('are made with defaults, shown, changed as a whole and removed', async () => {
    const made = await shop.ask('POST', '/manage/campaigns', { slug: 'spring', texts, incentives });
    expect(made.status).toBe(201);
    const { id } = (made.body['result'] as { campaign: { id: number } }).campaign;
    const campaign = {
      ...{ id, slug: 'spring', name: 'spring', type: 'invite', status: 'live', tags: [] },
      ...{ joinable_by: ['affiliate_member', 'purchase'], converts_by: ['purchase'], approval_delay: 604_800 },
      ...{ email_gating: false, incentives, texts, ...stamps },
    };
    expect(made.body).toEqual(ok({ campaign }));
    expect((await shop.ask('GET', '/manage/campaigns/spring')).body).toEqual(ok({ campaign }));
    const stored = await world.core.db
      .selectFrom('referral_campaigns')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(stored.settings.incentives).toMatchObject([
      {
        kind: 'discount_coupon',
        amount: 1000,
        couponListId: shop.lists.test.advocate,
        criteria: { subtotalMin: 4999 },
      },
      { kind: 'rebate', percentage: 725 },
    ]);
    expect(await shop.ask('POST', '/manage/campaigns', { slug: 'spring' })).toMatchObject({
      status: 422,
      body: refusal('Validation failed: There is a campaign "spring" already.'),
    });

    const change = {
      ...{ name: 'Spring', status: 'test', tags: ['vip'], starts_at: '2026-04-01T00:00:00.000Z', texts },
      ...{ audience: { tags: ['vip'], properties: { Eye_Colour: 'green' }, new_customers: true } },
      ...{
        flagged: { delay: 3600, becomes: 'voided' },
        fraud: { ip: 'block' },
        landing_url: 'https://shop.example/spring',
      },
    };
    const { body } = await shop.ask('PUT', '/manage/campaigns/spring', change);
    expect(body).toEqual(ok({ campaign: { ...campaign, ...change, incentives: [] } }));
    expect(await shop.ask('DELETE', '/manage/campaigns/spring')).toMatchObject({ status: 200, body: ok({}) });
    expect(await shop.ask('GET', '/manage/campaigns/spring')).toMatchObject({
      status: 404,
      body: refusal('No campaign found.'),
    });
    const acts = ['create', 'update', 'remove'].map((act) => audited(`referral_campaign.${act}`));
    for (const done of await Promise.all(acts)) expect(done.at(-1)).toMatchObject({ subject: String(id) });
  });

  test('of loyalty have their points and what these are redeemed for', async () => {
    const loyalty = {
      ...{ most_points: 500, auto_join: true },
      actions: [{ identifier: 'purchase', name: 'Buys', points: 1, points_per_unit: 2, limit: 'always' }],
      redemption_batches: [{ coupon_list: 'Friends', description: '$10', points_cost: 100 }],
    };
    const put = (more: object) =>
      shop.ask('PUT', '/manage/campaigns/points', { type: 'loyalty', loyalty: { ...loyalty, ...more } });
    expect((await put({})).body).toMatchObject({ result: { campaign: { type: 'loyalty', loyalty } } });
    const batches = () => world.core.db.selectFrom('redemption_batches').selectAll().orderBy('id').execute();
    const [first] = await batches();
    const redemption_batches = [
      { coupon_list: 'Advocates', description: 'Another', points_cost: 50 },
      { coupon_list: 'Friends', description: '$10', points_cost: 120 },
    ];
    expect((await put({ redemption_batches })).body).toMatchObject({
      result: { campaign: { loyalty: { redemption_batches } } },
    });
    expect((await batches())[0]).toMatchObject({ id: first?.id, points_cost: 120, position: 1, removed_at: null });
    await put({ redemption_batches: [] });
    expect((await batches()).map(({ removed_at }) => removed_at !== null)).toEqual([true, true]);
    expect((await shop.ask('PUT', '/manage/campaigns/points', {})).body).toEqual(
      refusal('Validation failed: `type` stays: the campaign "points" is of type loyalty.'),
    );
  });

  test('that make no offers need nothing of them, and are put again as they are shown', async () => {
    for (const [type, headline] of [
      ['reward_gleam', 'Yours at {site}'],
      ['loyalty', 'Tell your friends about {site}'],
    ]) {
      const body = { type, ...(type === 'loyalty' ? { loyalty: {} } : {}) };
      const path = `/manage/campaigns/plain-${type?.replace('_', '-')}`;
      const put = await shop.ask('PUT', path, body);
      expect(put).toMatchObject({ status: 200, body: { result: { campaign: { type, texts: { headline } } } } });
      const { campaign } = put.body['result'] as { campaign: Record<string, unknown> };
      const { id, slug, created_at, updated_at, ...shown } = campaign;
      expect((await shop.ask('PUT', path, shown)).body).toEqual(
        ok({ campaign: { ...shown, id, slug, created_at, updated_at } }),
      );
      expect((await shop.ask('DELETE', path)).status).toBe(200);
    }
  });

  test('tell all that is wrong with them at once', async () => {
    const wrong = {
      ...{ slug: '-', joinable_by: ['luck'], starts_at: '2026-04-02T00:00:00Z', ends_at: '2026-04-01T00:00:00Z' },
      incentives: [
        { identifier: 'a', reason: 'referrer', type: 'discount_coupon', description: 'x' },
        { identifier: 'a', reason: 'referrer', type: 'other', amount: 1, percentage: 1, description: 'x' },
        { identifier: 'b', reason: 'referrer', type: 'discount_coupon', description: 'x', coupon_list: 'None' },
        { identifier: 'c', reason: 'referrer', type: 'rebate', amount: 0.001, description: 'x' },
      ],
      ...{ texts: { headline: 'Hello {nobody}' }, loyalty: {} },
    };
    const { status, body } = await shop.ask('POST', '/manage/campaigns', wrong);
    expect(status).toBe(422);
    const sentence = String(body['error_message']);
    for (const part of [
      '`slug` is',
      '`ends_at` is not after its beginning',
      '`joinable_by[0]` is affiliate_member or purchase or event:CATEGORY',
      '`incentives` has "a" twice',
      '`incentives[0].coupon_list` is missing',
      '`incentives[1].percentage` stands in place of an amount',
      '`texts.headline` has {nobody}',
      '`incentives[2].coupon_list` is no coupon list of the site: "None"; ',
      '`incentives[3].amount` has more decimals than USD has; ',
      '`loyalty` is only of a campaign of type loyalty',
    ]) {
      expect(sentence).toContain(part);
    }
  });

  test.each([
    [
      'a list that is not there',
      { slug: 'x', incentives: [{ ...incentives[0], coupon_list: 'None' }] },
      422,
      /is no coupon list of the site: "None"/,
    ],
    ['a type that is none', { slug: 'x', type: 'lottery' }, 400, /type/],
    [
      'a field that is none',
      { slug: 'x', incentives: [{ ...incentives[1], luck: 1 }] },
      400,
      /unpermitted parameter: :luck/,
    ],
    ['a field that there was', { slug: 'x', appearance: 'popup' }, 400, /unpermitted parameter: :appearance/],
    ['a landing page that is none', { slug: 'x', landing_url: 'javascript:alert(1)' }, 422, /landing_url/],
    [
      'a subject of two lines',
      { slug: 'x', texts: { share_subject: 'a\nb' } },
      422,
      /texts\.share_subject` is one line/,
    ],
    ['a name of two lines', { slug: 'x', name: 'a\nb' }, 422, /`name` is one line/],
    ['a promise of two lines', { slug: 'x', incentives: [{ ...incentives[1], description: 'a\tb' }] }, 422, /one line/],
    ['an audience of no tag', { slug: 'x', audience: { tags: [] } }, 422, /`audience\.tags` has at least one/],
    ['an audience of nothing', { slug: 'x', audience: { properties: {} } }, 422, /`audience\.properties` has at least/],
    ['an event that there cannot be', { slug: 'x', joinable_by: ['event:a:b'] }, 422, /`joinable_by\[0\]` is/],
    ['another', { slug: 'x', converts_by: ['event: '] }, 422, /`converts_by\[0\]` is/],
    [
      'such an event of friends',
      { slug: 'x', incentives: [{ ...incentives[1], criteria: { friend_event_category: 'a:b' } }] },
      422,
      /friend_event_category` has 1 to 100 characters, and no colon/,
    ],
    [
      'such an event for points',
      { slug: 'x', type: 'loyalty', loyalty: { actions: [{ identifier: 'event:a:b', name: 'A', points: 1 }] } },
      422,
      /`loyalty\.actions\[0\]\.identifier` is purchase/,
    ],
    [
      'amounts finer than the currency',
      { slug: 'x', incentives: [{ ...incentives[1], percentage: undefined, amount: 0.001 }] },
      422,
      /`incentives\[0\]\.amount` has more decimals than USD has/,
    ],
    [
      'a criterion finer than the currency',
      { slug: 'x', incentives: [{ ...incentives[1], criteria: { subtotal_min: 9.999 } }] },
      422,
      /`incentives\[0\]\.criteria\.subtotal_min` has more decimals than USD has/,
    ],
    [
      'letters of friends for what advocates do alone',
      {
        slug: 'x',
        incentives: [
          { identifier: 'hi', reason: 'signup', type: 'other', description: 'Hi', criteria: { new_opt_in: true } },
        ],
      },
      422,
      /`incentives\[0\]\.criteria\.new_opt_in` goes only with what friends do/,
    ],
    [
      'a count that never comes',
      { slug: 'x', incentives: [counting({ referrals_min: 2, referrals_max: 4, referrals_divisible_by: 5 })] },
      422,
      /`incentives\[0\]\.criteria\.referrals_divisible_by` divides no number from 2 to 4/,
    ],
    ['a count of none', { slug: 'x', incentives: [counting({ referrals_max: 0 })] }, 400, /referrals_max/],
    [
      'an event of friends that becomes no referral',
      { slug: 'x', converts_by: ['event:b'], incentives: [counting({ friend_event_category: 'a' })] },
      422,
      /`incentives\[0\]\.criteria\.friend_event_category` is of no referral: converts_by has no event:a/,
    ],
    ...['signup', 'shared'].map((reason): [string, object, number, RegExp] => [
      `what friends do for the reason ${reason}`,
      {
        ...{ slug: 'x', converts_by: ['event:a'] },
        incentives: [{ ...counting({ friend_event_category: 'a', new_customer: true }), reason }],
      },
      422,
      /criteria\.new_customer` goes only with what friends do.*; .*friend_event_category` goes only with what friends do/,
    ]),
    [
      'a purchase for sharing',
      { slug: 'x', incentives: [{ ...counting({ subtotal_min: 5 }), reason: 'shared' }] },
      422,
      /criteria\.subtotal_min` does not go with sharing/,
    ],
    ...['reward_gleam', 'loyalty'].map((type): [string, object, number, RegExp] => [
      `offers that the type ${type} makes none of`,
      {
        ...{ slug: 'x', type, email_gating: true, advocate_deadline_days: 5, incentives: [counting({})] },
        ...(type === 'loyalty' ? { loyalty: {} } : {}),
      },
      422,
      new RegExp(
        ['advocate_deadline_days', 'email_gating', 'incentives']
          .map((field) => `\`${field}\` does not go with the type ${type}, which makes no offers`)
          .join('; '),
      ),
    ]),
    [
      'tiers of which there are none',
      { slug: 'x', type: 'tiered_rewards', incentives: [counting({ referrals_max: 2 })] },
      422,
      /`incentives` has none for a referrer with referrals_min or referrals_divisible_by/,
    ],
    [
      'a landing page of two lines',
      { slug: 'x', landing_url: 'https://shop.example/\n' },
      422,
      /landing_url` .*one line/,
    ],
    [
      'a landing page with a password',
      { slug: 'x', landing_url: 'https://:p@shop.example/' },
      422,
      /no password in it/,
    ],
    ['a day that is none', { slug: 'x', starts_at: '2026-02-30T00:00:00Z' }, 422, /`starts_at` must be a time/],
    [
      'points that nobody can have, or that nothing gives',
      {
        ...{ slug: 'x', type: 'loyalty' },
        loyalty: {
          most_points: 99,
          actions: [
            { identifier: 'referral', name: 'Recommend', points: 5, points_per_unit: 2 },
            { identifier: 'purchase', name: 'Buy', points: 0 },
            { identifier: 'event:lead', name: 'Ask', points: 0, points_per_unit: 1 },
          ],
          redemption_batches: [{ coupon_list: 'Friends', description: '$10', points_cost: 100 }],
        },
      },
      422,
      new RegExp(
        '`loyalty.actions\\[0\\].points_per_unit` goes only with purchase and event:CATEGORY.*; ' +
          '`loyalty.actions\\[1\\].points` is none, and so is points_per_unit; ' +
          '`loyalty.redemption_batches\\[0\\].points_cost` is more than most_points',
      ),
    ],
    ['loyalty without rules', { slug: 'x', type: 'loyalty' }, 422, /`loyalty` is missing/],
    ['a greatest below the least', { slug: 'x', origin_min_age: 2, origin_max_age: 1 }, 422, /origin_max_age/],
    ['no slug', {}, 400, /^`slug` is required$/],
  ])('are refused with %s', async (_what, body, status, message) => {
    const reply = await shop.ask('POST', '/manage/campaigns', body);
    expect(reply).toMatchObject({ status, body: refusal(expect.stringMatching(message)) });
  });

  test.each([
    ...['signup', 'shared', 'click', 'referred'].map((reason) => ({ reason, type: 'discount_coupon', is: 422 })),
    ...['signup', 'shared'].map((reason) => ({ reason, type: 'other', is: 422 })),
    { reason: 'referrer', type: 'discount_coupon', is: 201 },
    { reason: 'referred', type: 'rebate', is: 201 },
  ])('that count referrals for a $type with the reason $reason: $is', async ({ reason, type, is }) => {
    const criteria = { referrals_min: 1, referrals_max: 9, referrals_divisible_by: 3 };
    const incentive = { identifier: 'it', reason, type, description: 'It', criteria };
    const list = type === 'discount_coupon' ? { coupon_list: 'Friends' } : {};
    const slug = `counts-${reason}-${type.replace('_', '-')}`;
    const reply = await shop.ask('POST', '/manage/campaigns', { slug, incentives: [{ ...incentive, ...list }] });
    expect(reply.status).toBe(is);
    if (is === 201) return void (await shop.ask('DELETE', `/manage/campaigns/${slug}`));
    const problems = Object.keys(criteria).map(
      (field) => `\`incentives[0].criteria.${field}\` goes only with what is given once a referral is approved`,
    );
    expect(reply.body).toEqual(refusal(`Validation failed: ${problems.join('; ')}.`));
  });

  test('in which somebody takes part stay', async () => {
    await shop.ask('POST', '/origins/affiliate_member', { data: { email: 'ann@example.com' } });
    expect(await shop.ask('DELETE', '/manage/campaigns/give-10-get-10')).toMatchObject({
      status: 422,
      body: refusal('Validation failed: Somebody takes part in the campaign: disable it instead.'),
    });
  });

  test('are those of one site in one mode, and need the right to write', async () => {
    await shop.ask('PUT', '/manage/campaigns/only-live', {}, 'live');
    expect((await shop.ask('GET', '/manage/campaigns/only-live')).status).toBe(404);
    expect((await shop.ask('GET', '/manage/campaigns?per_page=100')).body).toMatchObject({ result: { total: 2 } });
    const { secret } = await createKey(world.core, {
      ...{
        accountId: world.account.id,
        mode: 'test',
        siteId: shop.site.test.id,
        scopes: ['referrals:read'],
        actor: 'test',
      },
    });
    const asked = { key: secret, body: {} };
    expect((await world.request('PUT', '/referrals/api/v2/manage/campaigns/give-10-get-10', asked)).status).toBe(403);
    expect((await world.request('GET', '/referrals/api/v2/manage/campaigns', { key: secret })).status).toBe(200);
  });
});
