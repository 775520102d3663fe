import { afterAll, beforeAll, expect, test } from 'vitest';
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

function refusal(error_message: string) {
  return { ok: false, error_message };
}
