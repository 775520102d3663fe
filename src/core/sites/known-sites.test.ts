import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CoreSettings } from '#core/core.js';
import { createSite, updateSite, type Site } from '#core/sites/index.js';
import { openBusiness, type Business } from '#test/business.js';

let core: Business & { settings: CoreSettings };
let site: Site;

beforeAll(async () => {
  const business = await openBusiness();
  core = { ...business, settings: { publicUrl: 'https://phone.example.com', loopbackOnly: true } };
  const accountId = await business.account('one');
  site = (await createSite(core, { accountId, slug: 'shop', actor: 'test' })).site.live;
});
afterAll(() => core.close());

const ways = async () => {
  const { accountId, mode, id, publicId } = site;
  const found = [
    await core.knownSites.asked({ accountId, mode }, 'shop'),
    await core.knownSites.asked({ accountId, mode, siteId: id }),
    await core.knownSites.shown(publicId),
    await core.knownSites.withId(id),
  ];
  return new Set(found.map((one) => one?.name));
};
const rename = (name: string) => core.db.updateTable('sites').set({ name }).where('id', '=', site.id).execute();

test('a site is read once, until somebody says that it changed', async () => {
  expect(await ways()).toEqual(new Set(['shop']));
  await rename('elsewhere');
  expect(await ways()).toEqual(new Set(['shop']));
  core.knownSites.forget();
  expect(await ways()).toEqual(new Set(['elsewhere']));
  await updateSite(core, site, { name: 'here' }, 'test');
  expect(await ways()).toEqual(new Set(['here']));
});

test('a change that nobody told of is seen after half a minute', async () => {
  await rename('late');
  core.clock.advance(30_000);
  expect(await ways()).toEqual(new Set(['here']));
  core.clock.advance(1);
  expect(await ways()).toEqual(new Set(['late']));
});

test('what there is not is asked for again', async () => {
  expect(await core.knownSites.shown('none')).toBeUndefined();
  expect(await core.knownSites.withId('none')).toBeUndefined();
  const { accountId } = site;
  const other = () => core.knownSites.asked({ accountId, mode: 'live' }, 'other');
  await expect(other()).rejects.toMatchObject({ code: 'site.not_found' });
  await createSite(core, { accountId, slug: 'other', actor: 'test' });
  expect(await other()).toMatchObject({ slug: 'other' });
  // A key of the account says which one it means, now that there are two.
  await expect(core.knownSites.asked({ accountId, mode: 'live' })).rejects.toMatchObject({ code: 'site.not_found' });
});

test('what was read before a change is not remembered after it', async () => {
  core.knownSites.forget();
  const reading = core.knownSites.withId(site.id);
  core.knownSites.forget();
  await reading;
  await rename('newest');
  expect((await core.knownSites.withId(site.id))?.name).toBe('newest');
});
