import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { payloadOf } from '#apis/referrals/callback-payloads.js';
import type { EventType } from '#core/events.js';
import { findOrigin } from '#core/origins/index.js';
import { decideReferral } from '#core/referrals/index.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { openLoyalty } from '../loyalty.js';
import { describedReplies, openShop, type Shop } from '../shop.js';
import { openWorld, type Reply, type World } from '../world.js';

const ENDPOINTS = '/manage/webhook_endpoints';
const CLASSIC = [
  ...['create_coupon_web_hook', 'offer_signup_web_hook', 'claim_signup_web_hook', 'post_share_web_hook'],
  ...['event_web_hook', 'referral_web_hook', 'reward_web_hook', 'unsubscribe_web_hook'],
];
const ACTIONS = [
  ...['advocate_signup', 'friend_signup', 'email_optin', 'unsubscribe', 'offer_share', 'send_reward', 'create_coupon'],
  ...['event', 'referral_create', 'referral_status_change', 'loyalty_action'],
];

let world: World;
let shop: Shop;
let other: Shop;
let receiver: Receiver;

beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
  other = await openShop(world, { slug: 'other' });
  receiver = await openReceiver();
});
afterAll(async () => {
  await receiver.close();
  await world.close();
});
beforeEach(() => receiver.received.splice(0));

interface Made {
  webhook_endpoint: { id: string };
  secret: string;
}

function resultOf<T>({ body }: Reply): T {
  return body['result'] as T;
}

async function register(path: string, body: Record<string, unknown>): Promise<Made> {
  const reply = await shop.ask('POST', ENDPOINTS, { url: `${receiver.url}${path}`, ...body });
  expect(reply.status).toBe(201);
  return resultOf<Made>(reply);
}

async function sample(id: string, event: string): Promise<string> {
  const reply = await shop.ask('POST', `${ENDPOINTS}/${id}/test`, { event });
  expect(reply).toMatchObject({ status: 202, body: { result: { event } } });
  await world.settle();
  return resultOf<{ delivery_id: string }>(reply).delivery_id;
}

describe('endpoints of a site', () => {
  test('are registered, listed, changed and removed', async () => {
    const events = ['referral_web_hook'];
    const { webhook_endpoint: made, secret } = await register('/kept', { events, description: 'Ours' });
    const whole = {
      ...{ id: expect.stringMatching(/^whe_/) as string, style: 'webhooks', url: `${receiver.url}/kept`, events },
      ...{ description: 'Ours', enabled: true, failing_since: null, switched_off_at: null },
      ...{ created_at: '2026-03-02T10:00:00.000-05:00', updated_at: '2026-03-02T10:00:00.000-05:00' },
    };
    expect(made).toEqual(whole);
    expect(secret).toMatch(/^whsec_/);
    expect((await shop.ask('GET', ENDPOINTS)).body).toEqual({ ok: true, result: { webhook_endpoints: [whole] } });
    expect((await shop.ask('GET', `${ENDPOINTS}/${made.id}`)).body).toEqual({
      ok: true,
      result: { webhook_endpoint: whole },
    });
    const changed = await shop.ask('PUT', `${ENDPOINTS}/${made.id}`, { enabled: false, description: null });
    expect(changed.body).toEqual({
      ok: true,
      result: { webhook_endpoint: { ...whole, enabled: false, description: null } },
    });
    const rolled = resultOf<{ secret: string }>(await shop.ask('POST', `${ENDPOINTS}/${made.id}/roll_secret`));
    expect(rolled.secret).not.toBe(secret);
    expect((await shop.ask('DELETE', `${ENDPOINTS}/${made.id}`)).body).toEqual({ ok: true, result: {} });
    expect(await shop.ask('GET', `${ENDPOINTS}/${made.id}`)).toMatchObject({ status: 404, body: { ok: false } });
  });

  test('are seen by nobody but their site, in its mode', async () => {
    const { webhook_endpoint: made } = await register('/hidden', { events: ['event_web_hook'] });
    const delivery = await sample(made.id, 'event_web_hook');
    for (const ask of [
      (method: string, path: string, body?: unknown) => other.ask(method, path, body),
      (method: string, path: string, body?: unknown) => shop.ask(method, path, body, 'live'),
    ]) {
      expect((await ask('GET', ENDPOINTS)).body).toEqual({ ok: true, result: { webhook_endpoints: [] } });
      expect((await ask('GET', '/manage/webhook_deliveries')).body).toEqual({
        ok: true,
        result: { webhook_deliveries: [], next_cursor: null },
      });
      for (const [method, path, body] of [
        ['GET', `${ENDPOINTS}/${made.id}`],
        ['PUT', `${ENDPOINTS}/${made.id}`, { enabled: false }],
        ['DELETE', `${ENDPOINTS}/${made.id}`],
        ['POST', `${ENDPOINTS}/${made.id}/roll_secret`],
        ['POST', `${ENDPOINTS}/${made.id}/test`, {}],
        ['GET', `/manage/webhook_deliveries/${delivery}`],
        ['POST', `/manage/webhook_deliveries/${delivery}/replay`],
      ] as const) {
        expect(await ask(method, path, body), `${method} ${path}`).toMatchObject({ status: 404, body: { ok: false } });
      }
    }
    await shop.ask('DELETE', `${ENDPOINTS}/${made.id}`);
  });

  test.each([
    ['no URL', { events: ['event_web_hook'] }, 400, /`url` is required/],
    ['no events', { url: 'http://127.0.0.1:9/', events: [] }, 400, /./],
    [
      'an event that is none',
      { url: 'http://127.0.0.1:9/', events: ['nothing'] },
      422,
      /^Validation failed: .*nothing/,
    ],
    [
      'an action of the other form',
      { url: 'http://127.0.0.1:9/', events: ['send_reward'] },
      422,
      /^Validation failed: .*send_reward/,
    ],
    ['no address', { url: 'nowhere', events: ['event_web_hook'] }, 422, /^Validation failed/],
    [
      'a short secret',
      { url: 'http://127.0.0.1:9/', events: ['event_web_hook'], secret: 'short' },
      422,
      /^Validation failed/,
    ],
    [
      'a field that is none',
      { url: 'http://127.0.0.1:9/', events: ['event_web_hook'], foo: 1 },
      400,
      /^found unpermitted parameter: :foo$/,
    ],
  ])('with %s are refused', async (_what, body, status, message) => {
    const reply = await shop.ask('POST', ENDPOINTS, body);
    expect(reply.status).toBe(status);
    expect(reply.body).toEqual({ ok: false, error_message: expect.stringMatching(message) as string });
  });
});

describe('rewards of a referral', () => {
  test('wait until the shop has answered with 2xx', async () => {
    const waiting = await openShop(world, { slug: 'waiting' });
    const events = ['referral_web_hook'];
    const made = await waiting.ask('POST', ENDPOINTS, { url: `${receiver.url}/referral`, events });
    expect(made.status).toBe(201);
    const member = await waiting.ask('POST', '/origins/affiliate_member', { data: { email: 'anna@example.com' } });
    const { offer } = member.body['result'] as { offer: { short_url_code: string } };
    const claimed = await world.request('GET', `/r/${offer.short_url_code}`, {
      ...{ key: null, headers: { 'user-agent': 'Mozilla/5.0 Firefox/140.0' } },
    });
    const coupon = new URL(String(claimed.headers['location'])).searchParams.get('coupon');
    const data = { email: 'tom@example.com', order_number: 'W1', subtotal: 20, coupon_codes: [coupon] };
    expect((await waiting.ask('POST', '/origins/purchase', { data })).status).toBe(201);
    receiver.answer(500);
    const { id: originId } = await findOrigin(world.core, waiting.site.test, 'W1');
    await decideReferral(world.core, waiting.site.test, { originId, status: 'approved', actor: 'test' });
    await world.settle();
    const statusOf = async () =>
      (
        await world.core.db
          .selectFrom('rewards')
          .select('status')
          .where('site_id', '=', waiting.site.test.id)
          .where('reason', '=', 'referrer')
          .execute()
      ).map(({ status }) => status);
    expect(receiver.received.map(({ body }) => body['type'])).toEqual(['referral_web_hook']);
    expect(await statusOf()).toEqual(['unpaid']);
    receiver.answer(200);
    const listed = await waiting.ask('GET', '/manage/webhook_deliveries');
    const [{ id } = { id: '' }] = (listed.body['result'] as { webhook_deliveries: { id: string }[] })
      .webhook_deliveries;
    await waiting.ask('POST', `/manage/webhook_deliveries/${id}/replay`);
    await world.settle();
    expect(await statusOf()).toEqual(['paid']);
  });
});

describe('what is posted', () => {
  test('has the key, the site, the type and a payload, for each of the types', async () => {
    const { webhook_endpoint: made, secret } = await register('/classic', { events: CLASSIC });
    for (const type of CLASSIC) await sample(made.id, type);
    expect(receiver.received.map(({ body }) => body['type'])).toEqual(CLASSIC);
    for (const { body, headers } of receiver.received) {
      expect(Object.keys(body)).toEqual(['key', 'site', 'type', 'extras', 'payload']);
      expect(body).toMatchObject({ key: secret, site: 'demo', extras: { live: false, sample: true } });
      expect(headers['content-type']).toBe('application/json');
    }
    expect(receiver.allSigned(secret)).toBe(true);
    const described = await describedReplies(world);
    for (const { body } of receiver.received) described.checkWebhook(String(body['type']), body);
    const payloads: Record<string, unknown> = Object.fromEntries(
      receiver.received.map(({ body }) => [String(body['type']), body['payload']]),
    );
    expect(payloads['reward_web_hook']).toMatchObject({
      ...{ reason: 'referrer', incentive: 'advocate', amount: 10, reward_coupon_code: 'ADVEXAMPLE', status: 'Paid' },
      ...{ campaign: { slug: 'give-10-get-10' }, offer: { short_url_code: 'abcdefgh23' } },
      person: { email: 'sarah@example.com' },
      origin: { type: 'Purchase', order_number: '1001', subtotal: 50 },
    });
    expect(payloads['referral_web_hook']).toMatchObject({
      ...{ referrer: { email: 'sarah@example.com' }, referred: { email: 'tom@example.com' } },
      ...{ referred_origin: { order_number: '1001' }, share: { channel: 'facebook' }, friend_rewards: [] },
      advocate_rewards: [{ amount: 10, reward_coupon_code: 'ADVEXAMPLE' }],
    });
    expect(payloads['offer_signup_web_hook']).toMatchObject({
      ...{ is_loyalty_member: true, referral_counts: { total: 2, approved: 1, pending: 1 } },
      loyalty_member: { points_balance: 100, member_dates: [{ identifier: 'birthday', date: '1990-04-01' }] },
    });
    expect(payloads['claim_signup_web_hook']).toMatchObject({ email: 'tom@example.com', ip_address: '192.0.2.1' });
    expect(payloads['post_share_web_hook']).toMatchObject({
      ...{ share_type: 'email', share_info: { recipients: ['tom@example.com'] } },
      ...{ sharer_info: { first_name: 'Sarah' }, share_link: 'https://example.com/s/abcdefgh2345' },
      origin: { type: 'AffiliateMember', subtotal: null },
    });
    expect(payloads['create_coupon_web_hook']).toMatchObject({
      ...{ coupon_list_name: 'Friends', discount_amount: 10, percentage_discount: false, wanted: 15 },
      ...{ needed_now: false, expires_at: null, usage_limit: null, coupon_code: 'EXAMPLE234' },
    });
    expect(payloads['unsubscribe_web_hook']).toMatchObject({
      person: { email: 'tom@example.com', unsubscribed_at: '2026-09-20T15:04:05.000+00:00' },
    });
  });

  test('says per cent as a number beside a flag, and a choice of letters as yes or no', () => {
    const event = { id: 'evt_1', accountId: world.account.id, mode: 'test', subject: '1', at: new Date(0) } as const;
    const told = (type: EventType, data: Record<string, unknown>) => payloadOf({ ...event, type, data });
    expect(told('coupons.wanted', { list: { id: 1, amount: null, percentage: 1250 } })).toMatchObject({
      ...{ discount_amount: 12.5, percentage_discount: true },
    });
    expect(told('reward.given', { reward: { id: 1, amount: null, percentage: 1250 } })).toMatchObject({
      ...{ amount: 12.5, percentage: true },
    });
    for (const [subChoice, sub_choice] of [
      ['subscribed', true],
      ['declined', false],
      [null, null],
    ] as const) {
      expect(told('site_person.opted_in', { person: { id: 1, subChoice } })).toMatchObject({ person: { sub_choice } });
    }
  });

  test('says of whoever joins whom they brought, and their points; of a share by what its advocate joined', async () => {
    const club = await openShop(world, { slug: 'club', campaign: { emailGating: true } });
    await openLoyalty(world, club, { autoJoin: false });
    const events = ['offer_signup_web_hook', 'claim_signup_web_hook', 'post_share_web_hook', 'event_web_hook'];
    await club.ask('POST', ENDPOINTS, { url: `${receiver.url}/club`, events });
    await club.ask('POST', '/loyalty/members', { data: { email: 'anna@example.com' } });
    const joined = await club.ask('POST', '/origins/affiliate_member', { data: { email: 'anna@example.com' } });
    const { offer } = resultOf<{ offer: { short_url_code: string } }>(joined);
    await club.ask('POST', `/offers/${offer.short_url_code}/shares/social`, { channel: 'facebook' });
    const order = { email: 'eve@example.com', order_number: 'C1', subtotal: 12.5, ip_address: '192.0.2.7' };
    await club.ask('POST', '/origins/purchase', { data: order });
    await club.ask('POST', '/offer_claims', { advocate_email: 'eve@example.com', friend_email: 'tom@example.com' });
    await world.settle();
    const described = await describedReplies(world);
    for (const { body } of receiver.received) described.checkWebhook(String(body['type']), body);
    const nobody = {
      ...{ is_loyalty_member: false, loyalty_member: null },
      referral_counts: { total: 0, approved: 0, pending: 0 },
    };
    // Each is delivered by itself: in no order.
    const told = receiver.received
      .map(({ body }) => `${body['type'] as string} ${JSON.stringify(body['payload'])}`)
      .sort();
    const payloads = told.map((text) => JSON.parse(text.slice(text.indexOf(' '))) as unknown);
    expect(told.map((text) => text.split(' ')[0])).toEqual([
      'claim_signup_web_hook',
      'event_web_hook',
      'offer_signup_web_hook',
      'offer_signup_web_hook',
      'post_share_web_hook',
    ]);
    expect(payloads).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ email: 'tom@example.com', ...nobody }),
        expect.objectContaining({ email: 'eve@example.com', ...nobody }),
        expect.objectContaining({
          ...{ ...nobody, email: 'anna@example.com', is_loyalty_member: true },
          loyalty_member: expect.objectContaining({ active: true, member_dates: [] }) as unknown,
        }),
        expect.objectContaining({
          origin: expect.objectContaining({ type: 'Purchase', order_number: 'C1', subtotal: 12.5 }) as unknown,
        }),
        expect.objectContaining({
          ...{ share_type: 'facebook', share_info: { recipients: [] } },
          sharer_info: expect.objectContaining({ email: 'anna@example.com' }) as unknown,
          origin: expect.objectContaining({ type: 'AffiliateMember', order_number: null }) as unknown,
        }),
      ]),
    );
  });

  test('to a custom app is what it chose, signed in its own way', async () => {
    const { webhook_endpoint: made, secret } = await register('/app', { style: 'custom_app', events: ACTIONS });
    for (const action of ACTIONS) await sample(made.id, action);
    expect(receiver.received.map(({ body }) => body['action'])).toEqual(ACTIONS);
    for (const { text, headers, body } of receiver.received) {
      const hex = createHmac('sha256', secret).update(text).digest('hex');
      expect(headers['x-talkable-signature']).toBe(Buffer.from(hex).toString('base64'));
      expect(body).not.toHaveProperty('key');
      expect(body['payload']).not.toEqual({});
      (await describedReplies(world)).checkWebhook('custom_app', body);
    }
  });

  test('can be looked at with its attempts, and sent again', async () => {
    const { webhook_endpoint: made } = await register('/failing', { events: ['unsubscribe_web_hook'] });
    receiver.answer(500);
    const id = await sample(made.id, 'unsubscribe_web_hook');
    const found = resultOf<Record<string, unknown>>(await shop.ask('GET', `/manage/webhook_deliveries/${id}`));
    expect(found).toEqual({
      webhook_delivery: {
        ...{ id, event_id: expect.stringMatching(/^evt_/) as string, type: 'unsubscribe_web_hook' },
        ...{ url: `${receiver.url}/failing`, status: 'pending', attempts: 1 },
        next_attempt_at: expect.any(String) as string,
        ...{ created_at: expect.any(String) as string, delivered_at: null },
        tries: [
          {
            ...{ attempt: 1, at: expect.any(String) as string, duration_ms: expect.any(Number) as number },
            ...{ status_code: 500, error: null, response_excerpt: 'not now' },
          },
        ],
      },
    });
    receiver.answer(200);
    const again = await shop.ask('POST', `/manage/webhook_deliveries/${id}/replay`);
    expect(again).toMatchObject({ status: 202, body: { ok: true, result: { replayed: 1 } } });
    await world.settle();
    expect((await shop.ask('GET', '/manage/webhook_deliveries?limit=1')).body).toMatchObject({
      result: { webhook_deliveries: [{ id, status: 'delivered' }] },
    });
  });
});
