import { afterAll, beforeAll, expect, test } from 'vitest';
import { optedOutEmails, optOutEmail } from '#core/site-people/index.js';
import { createSite, type Site } from '#core/sites/index.js';
import type { Mode } from '#core/tables.js';
import { openBusiness, type Business } from '#test/business.js';

let core: Business;
let sites: Record<Mode, Site>;
beforeAll(async () => {
  core = await openBusiness();
  const settings = { publicUrl: 'http://127.0.0.1:8080', loopbackOnly: true };
  const accountId = await core.account('shop');
  sites = (await createSite({ ...core, settings }, { accountId, slug: 'shop', actor: 'test' })).site;
});
afterAll(() => core.close());

const optOut = (email: string, site = sites.live) =>
  core.db.transaction().execute((tx) => optOutEmail(tx, core, site, email, new Date(core.clock.now())));

test('an address that wants no letters is known again, however it is written', async () => {
  expect(await optOut('Ann@Example.com')).toBe(true);
  const asked = ['bob@example.com', 'ann@example.com', ' ANN@example.com'];
  expect(await optedOutEmails(core, sites.live, asked)).toEqual(new Set(['ann@example.com', ' ANN@example.com']));
});

test('it is written down once', async () => {
  expect(await optOut('cid@example.com')).toBe(true);
  expect(await optOut('cid@example.com')).toBe(false);
});

test('it holds for one half of a site alone', async () => {
  await optOut('dan@example.com', sites.test);
  expect(await optedOutEmails(core, sites.live, ['dan@example.com'])).toEqual(new Set());
  expect(await optedOutEmails(core, sites.test, ['dan@example.com'])).toEqual(new Set(['dan@example.com']));
});

test('nothing that is kept shows the address', async () => {
  await Promise.all([optOut('eve@example.com'), optOut('eve@example.com', sites.test)]);
  const rows = await core.db.selectFrom('email_opt_outs').selectAll().execute();
  expect(JSON.stringify(rows.map((row) => ({ ...row, hash: row.hash.toString('latin1') })))).not.toContain('eve');
  expect(new Set(rows.map((row) => row.hash.toString('hex'))).size).toBe(rows.length);
});

test('asking for none asks nobody', async () => {
  expect(await optedOutEmails(core, sites.live, [])).toEqual(new Set());
});
