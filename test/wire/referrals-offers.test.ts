import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

let world: World;
let shop: Shop;
let offer: { id: number; short_url_code: string; claim_url: string };

const UUID = 'ecbb6fec-c3b4-4e7b-9aec-3a3f0e0d7b11';

beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
  const { body } = await shop.ask('POST', '/origins/affiliate_member', {
    data: { email: 'anna@example.com', uuid: UUID },
  });
  ({ offer } = body.result as { offer: typeof offer });
});
afterAll(() => world.close());

describe('an offer', () => {
  const find = (query = '', code = offer.short_url_code) => shop.ask('GET', `/offers/${code}${query}`);

  test('is found by its code, as its origin was answered', async () => {
    const { status, body } = await find('?site_slug=shop');
    expect({ status, body }).toEqual({ status: 200, body: { ok: true, result: { offer } } });
    expect(body).toMatchObject({ result: { offer: { email: 'anna@example.com', campaign_tags: ['default'] } } });
  });

  test.each([
    ['?sharing_channels[]=facebook&sharing_channels[]=custom', ['facebook', 'custom']],
    ['?sharing_channels[]=sms', ['sms']],
    ['?sharing_channels=whatsapp', ['whatsapp']],
  ])('has links for the channels of %s', async (query, channels) => {
    const links = Object.fromEntries(channels.map((channel) => [channel, `${offer.claim_url}/${channel}`]));
    expect((await find(query)).body).toEqual({ ok: true, result: { offer, claim_links: links } });
  });

  test('says when coupons of its incentives end', async () => {
    const ends = new Date(world.clock.now() + 86_400_000);
    await world.core.db
      .updateTable('coupon_lists')
      .set({ expires_at: ends })
      .where('id', '=', shop.lists.test.friend)
      .execute();
    const { body } = await find();
    await world.core.db.updateTable('coupon_lists').set({ expires_at: null }).execute();
    const { incentives } = (
      body.result as { offer: { incentives: Record<string, { coupon_expires_at: string | null }> } }
    ).offer;
    expect(new Date(incentives.friend?.coupon_expires_at ?? '')).toEqual(ends);
    expect(incentives.advocate?.coupon_expires_at).toBeNull();
  });

  test.each([
    ...['email', 'reminder', 'facebook_sponsored', 'coupon', 'pigeon'].map((channel) => [
      `?sharing_channels[]=${channel}`,
      `Wrong sharing channel: ${channel}`,
    ]),
    ['?foo=1', 'found unpermitted parameter: :foo'],
  ])('with %s is refused', async (query, message) => {
    const { status, body } = await find(query);
    expect({ status, body }).toEqual({ status: 400, body: refusal(message) });
  });

  test('of nobody, of another site or of another mode is not found', async () => {
    const other = await openShop(world, { slug: 'other' });
    const path = `/offers/${offer.short_url_code}`;
    const missing = { status: 404, body: refusal('No offer found by id.') };
    for (const reply of [
      await find('', 'nothing'),
      await other.ask('GET', path),
      await shop.ask('GET', path, undefined, 'live'),
      await shop.ask('GET', '/offers/nothing/claim_url_status'),
      await shop.ask('GET', `${path}/claim_url_status`, undefined, 'live'),
    ]) {
      expect({ status: reply.status, body: reply.body }).toEqual(missing);
    }
  });
});

describe('a claim link', () => {
  const active = async (link?: string) => {
    const query = link === undefined ? '' : `?claim_url=${encodeURIComponent(link)}`;
    const { status, body } = await shop.ask('GET', `/offers/${offer.short_url_code}/claim_url_status${query}`);
    expect(status).toBe(200);
    return body;
  };
  const says = (isActive: boolean) => ({ ok: true, result: { active: isActive } });

  test('of the offer is active, also of a channel and with what others append to it', async () => {
    for (const link of [undefined, offer.claim_url, `${offer.claim_url}/sms`, `${offer.claim_url}?utm_source=x`]) {
      expect(await active(link)).toEqual(says(true));
    }
  });

  test('of a share is active where the share is of the offer', async () => {
    await world.core.db
      .insertInto('shares')
      .values({
        ...{ site_id: shop.site.test.id, offer_id: offer.id, channel: 'sms', code: 'share-1' },
        created_at: new Date(world.clock.now()),
      })
      .execute();
    expect(await active('http://127.0.0.1:8080/s/share-1')).toEqual(says(true));
    expect(await active('http://127.0.0.1:8080/s/share-2')).toEqual(says(false));
  });

  test('of anything else is not', async () => {
    for (const link of [`${offer.claim_url}x`, `${offer.claim_url}/sms/x`, 'https://example.com/', '']) {
      expect(await active(link)).toEqual(says(false));
    }
  });

  test('is not active once the offer is over, nor while its campaign is closed', async () => {
    const { db } = world.core;
    await db
      .updateTable('offers')
      .set({ expires_at: new Date(world.clock.now()) })
      .execute();
    expect(await active()).toEqual(says(false));
    await db.updateTable('offers').set({ expires_at: null }).execute();
    expect(await active()).toEqual(says(true));
    await db.updateTable('referral_campaigns').set({ status: 'disabled' }).execute();
    expect(await active(offer.claim_url)).toEqual(says(false));
    await db.updateTable('referral_campaigns').set({ status: 'live' }).execute();
  });
});

describe('an offer shown to a visitor', () => {
  test('is marked as visited, the first time', async () => {
    const shown = () => world.core.db.selectFrom('visitor_offers').selectAll().executeTakeFirstOrThrow();
    const { id, offer_id, visitor, visited_at } = await shown();
    expect({ offer_id, visitor, visited_at }).toEqual({ offer_id: offer.id, visitor: UUID, visited_at: null });
    const first = new Date(world.clock.now());
    for (let times = 0; times < 2; times++) {
      const { status, body } = await shop.ask('PUT', `/visitor_offers/${id}/track_visit?site_slug=shop`);
      expect({ status, body }).toEqual({ status: 200, body: { ok: true, result: {} } });
      await world.run(1000);
    }
    expect((await shown()).visited_at).toEqual(first);
    expect((await shop.ask('PUT', `/visitor_offers/${id}/track_visit`, undefined, 'live')).status).toBe(404);
  });

  test('takes no field but the name of the site', async () => {
    const { id } = await world.core.db.selectFrom('visitor_offers').select('id').executeTakeFirstOrThrow();
    const track = (body: unknown) => shop.ask('PUT', `/visitor_offers/${id}/track_visit`, body);
    expect(await track({ foo: 1 })).toMatchObject({ status: 400, body: refusal('found unpermitted parameter: :foo') });
    expect((await track({ site_slug: 'shop' })).status).toBe(200);
  });

  test.each(['0', '999999', 'x', '1e3', '99999999999999999999'])('is not found by %s', async (id) => {
    const { status, body } = await shop.ask('PUT', `/visitor_offers/${id}/track_visit`);
    expect({ status, body }).toEqual({ status: 404, body: refusal('No visitor offer found by id.') });
  });
});

describe('who joins', () => {
  test('is told of in an event, and given what is promised for it, once', async () => {
    const other = await openShop(world, {
      slug: 'signup',
      campaign: {
        incentives: [{ identifier: 'hello', reason: 'signup', kind: 'other', description: 'A badge' }],
      },
    });
    for (let times = 0; times < 2; times++) {
      await other.ask('POST', '/origins/affiliate_member', { data: { email: 'anna@example.com' } });
    }
    const rewards = await world.core.db
      .selectFrom('rewards')
      .select(['reason', 'status', 'incentive'])
      .where('site_id', '=', other.site.test.id)
      .execute();
    expect(rewards).toEqual([{ reason: 'signup', status: 'paid', incentive: 'hello' }]);
    const events = await world.core.db
      .selectFrom('events')
      .select('data')
      .where('type', '=', 'advocate.joined')
      .execute();
    const mine = events.map(({ data }) => data).filter(({ site }) => site === 'signup');
    expect(mine).toMatchObject([
      {
        ...{ site: 'signup', currency: 'USD', timeZone: 'America/New_York', person: { email: 'anna@example.com' } },
        ...{ campaign: { slug: 'give-10-get-10' }, origin: { kind: 'affiliate_member' } },
        offer: { claimLink: expect.stringContaining('/r/') as string },
      },
    ]);
  });
});

function refusal(error_message: string) {
  return { ok: false, error_message };
}
