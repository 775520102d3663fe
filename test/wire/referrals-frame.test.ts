import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKey } from '#core/accounts/index.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

let world: World;
let shop: Shop;

beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
});
afterAll(() => world.close());

test('lists what is on offer, in the one envelope', async () => {
  const { status, body } = await shop.ask('GET', '/campaigns?site_slug=shop');
  expect(status).toBe(200);
  expect(body).toEqual({
    ok: true,
    result: {
      campaigns: [
        {
          ...{ id: shop.campaign.test, slug: 'give-10-get-10', name: 'Give 10, get 10', type: 'invite' },
          ...{ status: 'Live', is_active: true, appearance: 'inline', tag_names: ['default'] },
          ...{ joinable_category_names: ['affiliate_member', 'purchase'], origin_min_age: null, origin_max_age: null },
          live_period: { starts_at: null, ends_at: null },
        },
      ],
    },
  });
});

test('the site is that of the key where none is named', async () => {
  const { body } = await shop.ask('GET', '/campaigns', undefined, 'live');
  expect(body).toMatchObject({ result: { campaigns: [{ id: shop.campaign.live }] } });
});

test('a key of the account names the site, where there is more than one', async () => {
  const other = await openShop(world, { slug: 'other' });
  const asked = (query: string) => world.request('GET', `/referrals/api/v2/campaigns${query}`);
  expect((await asked('?site_slug=other')).body).toMatchObject({
    result: { campaigns: [{ id: other.campaign.test }] },
  });
  expect(await asked('')).toMatchObject({ status: 404, body: refusal('No site found by `site_slug`.') });
});

test.each([
  ['no key', '/campaigns', null, 401, /API key/],
  ['a site of somebody else', '/campaigns?site_slug=other', undefined, 404, /^No site found by `site_slug`\.$/],
  ['a field that is none', '/campaigns?foo=1', undefined, 400, /^found unpermitted parameter: :foo$/],
  ['an address that is none', '/nothing', undefined, 404, /nothing at this address/],
])('%s is told in the one shape', async (_what, path, key, status, message) => {
  const reply = await world.request('GET', `/referrals/api/v2${path}`, { key: key === null ? null : shop.keys.test });
  expect(reply.status).toBe(status);
  expect(reply.body).toEqual(refusal(expect.stringMatching(message) as string));
});

test('a wrong method is told, too', async () => {
  const reply = await shop.ask('DELETE', '/campaigns');
  expect(reply).toMatchObject({ status: 405, body: { ok: false } });
});

test('a key of a site opens no other door', async () => {
  const { accountId, id: siteId } = shop.site.test;
  const ofSite = { accountId, siteId, mode: 'test' as const, actor: 'test' };
  await expect(createKey(world.core, { ...ofSite, scopes: ['*'] })).rejects.toMatchObject({ code: 'key.bad_input' });
  expect((await createKey(world.core, ofSite)).key.scopes).toEqual(['referrals:read', 'referrals:write']);
  expect(await world.request('GET', '/api/v1/calls', { key: shop.keys.test })).toMatchObject({ status: 403 });
});

describe('an Idempotency-Key is of the site whose key sends it', () => {
  let neighbour: Shop;

  beforeAll(async () => {
    neighbour = await openShop(world, { slug: 'neighbour' });
  });

  async function post({ keys }: Shop, path: string, body?: unknown, idempotencyKey = 'order-1001') {
    const headers = { 'idempotency-key': idempotencyKey };
    const sent = body === undefined ? {} : { body };
    return world.request('POST', `/referrals/api/v2${path}`, { key: keys.test, headers, ...sent });
  }

  test('each site may number its orders alike', async () => {
    const order = (email: string) => ({ data: { email, order_number: '1001', subtotal: 10 } });
    const ours = await post(shop, '/origins/purchase', order('ann@example.com'));
    const theirs = await post(neighbour, '/origins/purchase', order('bob@example.com'));
    expect([ours.status, theirs.status]).toEqual([201, 201]);
    expect(theirs.headers['idempotency-replayed']).toBeUndefined();
    const again = await post(shop, '/origins/purchase', order('ann@example.com'));
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toEqual(ours.body);
  });

  test('and none is given the security key of another', async () => {
    const [ours, theirs] = [
      await post(shop, '/manage/site/roll_security_key', undefined, 'roll-1'),
      await post(neighbour, '/manage/site/roll_security_key', undefined, 'roll-1'),
    ];
    expect([ours.status, theirs.status]).toEqual([200, 200]);
    expect(theirs.body).not.toEqual(ours.body);
    expect((await post(shop, '/manage/site/roll_security_key', undefined, 'roll-1')).body).toEqual(ours.body);
  });
});

function refusal(error_message: string) {
  return { ok: false, error_message };
}
