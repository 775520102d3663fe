import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { METRICS } from '#core/referral-metrics/index.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

let world: World;
let shop: Shop;
/** The day that the clock stands at, in New York. */
let today: string;
beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
  today = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York' }).format(world.clock.now());
  const ask: Shop['ask'] = (...asked) => shop.ask(...asked);
  await ask('POST', '/origins/affiliate_member', { data: { email: 'anna@example.com', traffic_source: 'popup' } });
  await ask('POST', '/origins/affiliate_member', { data: { email: 'bob@example.com' } });
  const buy = (order_number: string, subtotal: number) =>
    ask('POST', '/origins/purchase', { data: { email: 'cid@example.com', order_number, subtotal } });
  await buy('1', 10);
  await buy('2', 25.5);
});
afterAll(() => world.close());

const refused = (error_message: unknown) => ({ ok: false, error_message });
const query = (more = '') => `?start_date=${today}&end_date=${today}${more}`;
const metric = async (name: string, more = ''): Promise<unknown> => {
  const { status, body } = await shop.ask('GET', `/metrics/${name}${query(more)}`);
  expect({ status, ok: body['ok'] }).toEqual({ status: 200, ok: true });
  return body['result'];
};

describe('GET /metrics/{metric}', () => {
  test.each([
    ['offers', { plain: 3, formatted: '3', result_type: 'number' }],
    ['advocates', { plain: 3, formatted: '3', result_type: 'number' }],
    ['origins', { plain: 4, formatted: '4', result_type: 'number' }],
    ['purchases', { plain: 2, formatted: '2', result_type: 'number' }],
    ['revenue', { plain: 35.5, formatted: '$35.50', result_type: 'money' }],
    ['average_order_value', { plain: 17.75, formatted: '$17.75', result_type: 'money' }],
    ['shares_per_offer', { plain: 0, formatted: '0%', result_type: 'percent' }],
    ['conversion_rate', { plain: 0, formatted: '0%', result_type: 'percent' }],
  ])('%s', async (name, result) => {
    expect(await metric(name)).toEqual(result);
  });

  test.each(Object.keys(METRICS))('%s can be calculated', async (name) => {
    expect(await metric(name)).toEqual({
      plain: expect.any(Number) as number,
      formatted: expect.any(String) as string,
      result_type: METRICS[name]?.result,
    });
  });

  test('shares by channel, and per offer', async () => {
    const { db } = world.core;
    const site_id = shop.site.test.id;
    const offer = await db.selectFrom('offers').select('id').where('site_id', '=', site_id).executeTakeFirstOrThrow();
    const created_at = new Date(world.clock.now());
    for (const channel of ['email', 'sms', 'sms']) {
      const code = `share-${channel}-${Math.random()}`;
      await db.insertInto('shares').values({ site_id, offer_id: offer.id, channel, code, created_at }).execute();
    }
    expect(await metric('shares')).toMatchObject({ plain: 3 });
    expect(await metric('shares', '&sharing_channels[]=sms')).toMatchObject({ plain: 2 });
    expect(await metric('shares', '&sharing_channels[]=sms&sharing_channels[]=email')).toMatchObject({ plain: 3 });
    expect(await metric('shares_per_offer', '&precision=1')).toEqual({
      ...{ plain: 100, formatted: '100.0%', result_type: 'percent' },
    });
    const { body } = await shop.ask('GET', `/metrics/shares/segmentize${query('&segment_by[sharing_channels]=true')}`);
    expect(body).toMatchObject({ ok: true });
    const { segmented } = body['result'] as { segmented: { sharing_channel: string; plain: number }[] };
    expect(segmented.filter(({ plain }) => plain > 0)).toEqual([
      { plain: 2, formatted: '2', result_type: 'number', period: null, sharing_channel: 'sms' },
      { plain: 1, formatted: '1', result_type: 'number', period: null, sharing_channel: 'email' },
    ]);
  });

  test('by source of traffic, campaign, tag and state', async () => {
    const { test: id } = shop.campaign;
    for (const [filter, plain] of [
      ['&traffic_sources[]=popup', 1],
      ['&traffic_sources[]=popup&traffic_sources[]=other', 1],
      [`&campaign_ids[]=${id}`, 3],
      ['&campaign_ids[]=1', 0],
      ['&campaign_tags[]=default', 3],
      ['&campaign_tags[]=none', 0],
      ['&campaign_status=live', 3],
      ['&campaign_status=disabled', 0],
      ['&live_campaigns_only=true', 3],
      ['&exclude_qa_generated=false', 3],
    ] as const) {
      expect({ filter, result: await metric('offers', filter) }).toMatchObject({ filter, result: { plain } });
    }
  });

  test('the days are those of the site, both included', async () => {
    const next = new Date(Date.parse(`${today}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
    const { body } = await shop.ask('GET', `/metrics/offers?start_date=${next}&end_date=${next}`);
    expect(body).toMatchObject({ result: { plain: 0 } });
    // Late in the evening in New York it is the next day in London already.
    const edge = Date.parse(`${next}T00:00:00Z`) + 5 * 3_600_000;
    const { db } = world.core;
    const site_id = shop.site.test.id;
    const uuids = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
    for (const [index, uuid] of uuids.entries()) {
      const created_at = new Date(edge + (index === 0 ? -3_600_001 - 60_000 : 3_600_000));
      await db.insertInto('visitors').values({ site_id, uuid, created_at }).execute();
    }
    const on = async (day: string): Promise<unknown> =>
      (await shop.ask('GET', `/metrics/visitors?start_date=${day}&end_date=${day}`)).body['result'];
    expect(await on(today)).toMatchObject({ plain: 1 });
    expect(await on(next)).toMatchObject({ plain: 1 });
  });

  test('of another half or site there is nothing', async () => {
    const other = await openShop(world, { slug: 'other' });
    expect((await other.ask('GET', `/metrics/offers${query()}`)).body).toMatchObject({ result: { plain: 0 } });
    const live = await shop.ask('GET', `/metrics/offers${query()}`, undefined, 'live');
    expect(live.body).toMatchObject({ result: { plain: 0 } });
  });

  test.each([
    ['/metrics/nothing', '', 404, 'No metric found.'],
    ['/metrics/constructor', '', 404, 'No metric found.'],
    ['/metrics/offers', '&device_type=phone', 400, '`device_type` is not supported: what visitors use is not kept.'],
    [
      '/metrics/offers',
      '&mobile_visitor=true',
      400,
      '`mobile_visitor` is not supported: what visitors use is not kept.',
    ],
    ['/metrics/offers', '&sharing_channels[]=sms', 400, 'This metric is not known by sharing channels.'],
    ['/metrics/visitors', '&campaign_ids[]=1', 400, 'This metric is not known by campaigns.'],
    ['/metrics/offers', '&foo=1', 400, 'found unpermitted parameter: :foo'],
    ['/metrics/offers', '&campaign_status=open', 400, expect.stringContaining('campaign_status')],
    ['/metrics/offers', '&precision=11', 400, expect.stringContaining('precision')],
    [
      '/metrics/offers/segmentize',
      '&segment_by[period]=hour',
      400,
      'Unsupported option for period segmentation. Supported options: day, week, month, quarter, year',
    ],
  ])('%s %s is refused', async (path, more, status, message) => {
    const reply = await shop.ask('GET', `${path}${query(more)}`);
    expect({ status: reply.status, body: reply.body }).toEqual({ status, body: refused(message) });
  });

  test.each([
    ['', '`start_date`, `end_date` are required'],
    ['?start_date=2026-01-01', '`end_date` is required'],
    ['?start_date=2026-01-32&end_date=2026-02-01', '"2026-01-32" is no date: YYYY-MM-DD.'],
    ['?start_date=2026-02-01&end_date=2026-01-01', 'The end is before the start.'],
    ['?start_date=1999-02-01&end_date=2026-01-01', 'At most 3660 days are looked at.'],
  ])('%s is refused', async (days, message) => {
    const reply = await shop.ask('GET', `/metrics/offers${days}`);
    expect({ status: reply.status, body: reply.body }).toEqual({ status: 400, body: refused(message) });
  });
});

describe('GET /metrics/{metric}/segmentize', () => {
  const segments = async (more: string, days: string): Promise<unknown[]> => {
    const { status, body } = await shop.ask('GET', `/metrics/offers/segmentize?${days}${more}`);
    expect(status, JSON.stringify(body)).toBe(200);
    return (body['result'] as { segmented: unknown[] }).segmented;
  };
  const none = (period: string) => ({ plain: 0, formatted: '0', result_type: 'number', period });

  test('by period, with those in which nothing was', async () => {
    const days = 'start_date=2024-12-30&end_date=2025-01-13';
    expect(await segments('&segment_by[period]=week', days)).toEqual(
      ['2024-12-30', '2025-01-06', '2025-01-13'].map(none),
    );
    expect(await segments('&segment_by[period]=month', days)).toEqual(['2024-12', '2025-01'].map(none));
    expect(await segments('&segment_by[period]=quarter', days)).toEqual(['2024-Q4', '2025-Q1'].map(none));
    expect(await segments('&segment_by[period]=year', days)).toEqual(['2024', '2025'].map(none));
    expect(await segments('&segment_by[period]=day', days)).toHaveLength(15);
  });

  test('what was is in its period, also at the edge of the day', async () => {
    const days = `start_date=${today}&end_date=${today}`;
    const found = { plain: 3, formatted: '3', result_type: 'number' };
    for (const [period, name] of [
      ['day', today],
      ['month', today.slice(0, 7)],
      ['year', today.slice(0, 4)],
    ] as const) {
      expect(await segments(`&segment_by[period]=${period}`, days)).toEqual([{ ...found, period: name }]);
    }
  });

  test('by tag and type of campaign', async () => {
    const days = `start_date=${today}&end_date=${today}`;
    const found = { plain: 3, formatted: '3', result_type: 'number', period: null };
    expect(await segments('&segment_by[campaign_tags]=true', days)).toEqual([{ ...found, campaign_tag: 'default' }]);
    expect(await segments('&segment_by[campaign_tags][]=default&segment_by[campaign_types]=true', days)).toEqual([
      { ...found, campaign_tag: 'default', campaign_type: 'invite' },
    ]);
    expect(await segments('', days)).toEqual([found]);
  });
});
