/** A shop's programme from the first wish to recommend it to a refund, over HTTP, as a shop and its customers see it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Mode } from '#core/tables.js';
import { operatedWith } from '../operator.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { describedReplies, SHOP_API } from '../shop.js';
import { openWorld, SANDBOX_NUMBER, type Reply, type World } from '../world.js';

const BROWSER = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1';
/** How long its referrals are pending. */
const DELAY_SECONDS = 90;
const TOLD = ['offer_signup_web_hook', 'post_share_web_hook', 'event_web_hook', 'referral_web_hook', 'reward_web_hook'];

const OPERATOR = 'token-of-this-run';

let world: World;
let keys: Record<Mode, string>;
let receiver: Receiver;

beforeAll(async () => {
  world = await openWorld({ operatorDoors: operatedWith(OPERATOR) });
  receiver = await openReceiver();
  // As `sidetone sites create` does.
  const made = await world.request('POST', '/admin/sites', {
    key: OPERATOR,
    body: { slug: 'shop', name: 'The Shop', url: 'https://shop.example/welcome', currency: 'USD' },
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  keys = { live: String(made.body['live_key']), test: String(made.body['test_key']) };
});
afterAll(async () => {
  await receiver.close();
  await world.close();
});

describe.each(['test', 'live'] as const)('in %s mode', (mode: Mode) => {
  const ann = `ann@${mode}.example`;
  const bob = `bob@${mode}.example`;
  const ask = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const address = `${SHOP_API}${path}`;
    const reply = await world.request(method, address, { key: keys[mode], ...(body === undefined ? {} : { body }) });
    (await describedReplies(world)).check(method, address, reply);
    expect([path, reply.status, reply.body['ok']]).toEqual([path, method === 'POST' ? reply.status : 200, true]);
    expect(reply.status).toBeLessThan(300);
    return reply.body['result'] as Record<string, unknown>;
  };
  /** As a browser does. */
  const visit = (url: string): Promise<Reply> =>
    world.request('GET', new URL(url).pathname, { key: null, headers: { 'user-agent': BROWSER } });

  test('a friend buys, both are rewarded in time, and a refund takes back', async () => {
    for (const [name, prefix] of Object.entries({ Advocates: 'ADV', Friends: 'FRD' })) {
      await ask('POST', '/manage/coupon_lists', { name, prefix, amount: 10 });
    }
    const tenOff = { type: 'discount_coupon', amount: 10, description: '$10 off' };
    await ask('POST', '/manage/campaigns', {
      ...{ slug: 'give-10-get-10', approval_delay: DELAY_SECONDS, email_gating: false },
      incentives: [
        { ...tenOff, identifier: 'advocate', reason: 'referrer', coupon_list: 'Advocates' },
        { ...tenOff, identifier: 'friend', reason: 'referred', coupon_list: 'Friends' },
      ],
    });
    const { site } = (await ask('GET', '/manage/site')) as { site: { public_id: string } };

    const url = `${receiver.url}/${mode}`;
    await ask('POST', '/manage/webhook_endpoints', { url, events: TOLD });

    const joined = await ask('POST', '/origins/affiliate_member', {
      data: { email: ann, first_name: 'Ann', phone_number: '+15005550001', sharing_channels: ['sms'] },
    });
    const { short_url_code: code } = joined['offer'] as { short_url_code: string };

    const shared = await ask('POST', `/offers/${code}/shares/social`, { channel: 'sms' });
    const { short_url: link } = shared['share'] as { short_url: string };
    expect(shared['share_url']).toContain('sms:');
    const words = decodeURIComponent(String(shared['share_url']).replace(/^sms:.*?body=/, ''));
    expect(words).toContain(link);
    // Ann's telephone sends it. On the simulated network, the shop's own number does, to one whose owner agreed.
    if (mode === 'test') await text(words);

    const came = await visit(link);
    expect(came.status).toBe(302);
    const landing = new URL(String(came.headers['location']));
    const coupon = landing.searchParams.get('coupon') ?? '';
    // The tag on the shop's page says so, with the UUID that it has made up.
    const visitor = randomUUID();
    const said = await world.request('POST', `/referrals/tag/${site.public_id}/arrive`, {
      ...{ key: null, body: JSON.stringify({ visitor, visit: landing.searchParams.get('st_visit') }) },
      headers: { 'content-type': 'text/plain', origin: landing.origin },
    });
    expect(said.body).toEqual({ ok: true, arrived: true });
    expect(coupon).toMatch(/^FRD/);

    await ask('POST', '/origins/purchase', {
      data: { email: bob, order_number: `order-${mode}`, subtotal: 120.5, uuid: visitor, coupon_codes: [coupon] },
    });
    const referral = async (): Promise<Record<string, unknown>> => {
      const { referrals } = await ask('GET', `/people/${ann}/referrals_as_advocate`);
      return (referrals as Record<string, unknown>[])[0] ?? {};
    };
    expect(await referral()).toMatchObject({
      ...{ status: 'pending', track_method: 'coupon', referred_subtotal: 120.5, ad_rewarded: false },
      friend_person: { email: bob },
    });

    await world.run((DELAY_SECONDS - 5) * 1000);
    expect((await referral())['status']).toBe('pending');
    await world.runUntil('the approval', async () => (await referral())['status'] === 'approved', 20_000);
    await world.runUntil('the webhooks', () => typesTold().includes('reward_web_hook'), 120_000);
    await world.settle();
    expect(await referral()).toMatchObject({
      ad_rewarded: true,
      advocate_rewards: [{ status: 'Paid', coupon_code: expect.stringMatching(/^ADV/) as unknown }],
      friend_rewards: [{ status: 'Paid', coupon_code: coupon }],
    });
    expect(new Set(typesTold())).toEqual(new Set(TOLD));

    const refunded = await ask('POST', `/origins/order-${mode}/refund`, {});
    expect(refunded['origin']).toMatchObject({ refund_subtotal: 120.5, partially_refunded: false });
    expect(await referral()).toMatchObject({
      status: 'approved',
      advocate_rewards: [{ status: 'Voided', coupon: { active: false } }],
      // It was bought with, and is gone.
      friend_rewards: [{ coupon: { used: true } }],
    });
    expect(await world.violations()).toEqual([]);
  });

  async function text(message: string): Promise<void> {
    const body = { to: '+12125550100', from: SANDBOX_NUMBER, message };
    const { body: sent } = await world.request('POST', '/api/v1/sms', { body });
    const shown = async () => (await world.request('GET', `/api/v1/sms/${String(sent['sms_id'])}`)).body;
    await world.runUntil('the text', async () => (await shown())['status'] === 'delivered');
    expect(await shown()).toMatchObject({ to: body.to, message });
  }

  function typesTold(): unknown[] {
    return receiver.received.filter(({ path }) => path === `/${mode}`).map(({ body }) => body['type']);
  }
});
