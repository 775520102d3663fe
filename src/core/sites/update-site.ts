import { isDeepStrictEqual } from 'node:util';
import { recordAudit } from '#core/accounts/index.js';
import type { Core, Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { checkCurrency, checkName, checkShopUrl, checkTimeZone } from '#core/sites/check-site.js';
import { changeSites } from '#core/sites/known-sites.js';
import { checkSiteSettings, type SiteSettingsChange } from '#core/sites/site-settings.js';
import { toSite, type Site } from '#core/sites/site.js';

export interface UpdateSite {
  name?: string | undefined;
  url?: string | undefined;
  /** Only while nothing has an amount in it. */
  currency?: string | undefined;
  timeZone?: string | undefined;
  /** What is given changes; the rest stays. */
  settings?: SiteSettingsChange | undefined;
}

/** Until the commit nothing else configures the site. */
export async function lockSite(tx: Db, siteId: string): Promise<void> {
  await tx.selectFrom('sites').select('id').where('id', '=', siteId).forNoKeyUpdate().execute();
}

/** @throws CoreError `site.bad_input` */
export async function updateSite(
  core: Pick<Core, 'db' | 'clock' | 'knownSites'>,
  site: Site,
  input: UpdateSite,
  actor: string,
): Promise<{ site: Site; saved: 'changed' | 'unchanged' }> {
  const at = new Date(core.clock.now());
  return changeSites(core, async (tx) => {
    // Whatever is being made of the site holds it, and is waited for.
    const row = await tx
      .selectFrom('sites')
      .selectAll()
      .where('id', '=', site.id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    const currency = input.currency === undefined ? row.currency : checkCurrency(input.currency);
    if (currency !== row.currency) await refuseAmounts(tx, site.id);
    const { fraud, ...settings } = input.settings ?? {};
    checkSiteSettings(input.settings ?? {});
    const values = {
      name: input.name === undefined ? row.name : checkName(input.name),
      url: input.url === undefined ? row.url : checkShopUrl(input.url, 'url'),
      currency,
      time_zone: input.timeZone === undefined ? row.time_zone : checkTimeZone(input.timeZone),
      settings: {
        ...row.settings,
        ...settings,
        ...(fraud === undefined ? {} : { fraud: { ...row.settings.fraud, ...fraud } }),
      } as typeof row.settings,
    };
    const before = toSite(row);
    // What is set to what holds anyway is no change.
    if (isDeepStrictEqual(before, toSite({ ...row, ...values }))) return { site: before, saved: 'unchanged' };
    const changed = await tx
      .updateTable('sites')
      .set({ ...values, settings: JSON.stringify(values.settings), updated_at: at })
      .where('id', '=', site.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await recordAudit(tx, {
      ...{ accountId: site.accountId, actor, action: 'site.update', subject: site.id },
      ...{ details: { slug: site.slug, mode: site.mode, ...input }, at },
    });
    return { site: toSite(changed), saved: 'changed' };
  });
}

/** Amounts are kept in the smallest of the currency: in another one they would be other amounts. */
async function refuseAmounts(tx: Db, siteId: string): Promise<void> {
  for (const table of ['origins', 'coupon_lists', 'referral_campaigns'] as const) {
    const row = await tx.selectFrom(table).select('id').where('site_id', '=', siteId).limit(1).executeTakeFirst();
    if (row === undefined) continue;
    throw new CoreError('site.bad_input', 'The currency stays once there are coupon lists, campaigns or purchases.', {
      field: 'currency',
    });
  }
}
