import { inTransaction } from '#core/in-transaction.js';
import type { Core } from '#core/core.js';
import { listCouponLists, saveCouponList, type CouponList } from '#core/coupons/index.js';
import { CoreError } from '#core/errors.js';
import { listReferralCampaigns, refuseOtherPromises, saveReferralCampaign } from '#core/referral-campaigns/index.js';
import { handInCodes } from '#core/rewards/index.js';
import { toSaveCampaign } from '#core/site-documents/campaign-document.js';
import { campaignShape } from '#core/site-documents/campaign-shape.js';
import { couponListDocument, couponListShape, toSaveCouponList } from '#core/site-documents/coupon-list-document.js';
import { list, object, optional, otherwise, string } from '#core/site-documents/json-shape.js';
import { readDocument } from '#core/site-documents/read-document.js';
import { readCampaignDocuments } from '#core/site-documents/save-documents.js';
import { settingsDocument, settingsShape } from '#core/site-documents/settings-document.js';
import { updateSite, type Site } from '#core/sites/index.js';
import { snakeCase } from '#core/snake-case.js';

const MOST = 500;

/** A whole site. What is not named in it stays as it is. */
const siteShape = object({
  name: optional(string),
  url: optional(string),
  currency: optional(string),
  timeZone: optional(string),
  settings: optional(settingsShape),
  couponLists: otherwise(list(couponListShape, MOST), []),
  campaigns: otherwise(list(campaignShape, MOST), []),
});
type SiteDocument = ReturnType<typeof siteShape>;

/** What was done for one part of a document. */
export interface Applied {
  mode: Site['mode'];
  /** `site`, `coupon list "Friends"`, `campaign "spring"`. */
  what: string;
  done: 'created' | 'changed' | 'unchanged' | `${number} codes added`;
}

/**
 * Makes the site, or both halves of it, what the document says: all of it or nothing. Doing it again changes nothing.
 * @throws CoreError `site.bad_input`, `coupon_list.bad_input`, `referral_campaign.bad_input`
 */
export async function applySiteDocument(
  core: Pick<Core, 'db' | 'clock' | 'knownSites' | 'settings' | 'wake'>,
  sites: readonly Site[],
  value: unknown,
  actor: string,
): Promise<Applied[]> {
  const document = readDocument(siteShape, value, 'site.bad_input');
  const done = await inTransaction(core.db, async (tx) => {
    const applied: Applied[] = [];
    for (const site of sites) applied.push(...(await applyTo({ ...core, db: tx }, site, document, actor)));
    return applied;
  });
  // Codes may have gone to rewards that waited.
  core.wake.deliveries();
  return done;
}

async function applyTo(
  core: Pick<Core, 'db' | 'clock' | 'knownSites' | 'settings'>,
  before: Site,
  document: SiteDocument,
  actor: string,
): Promise<Applied[]> {
  const { mode } = before;
  const { name, url, currency, timeZone, settings } = document;
  const { site, saved } = await updateSite(core, before, { name, url, currency, timeZone, settings }, actor);
  const applied: Applied[] = [{ mode, what: 'site', done: saved }];
  const changed: [index: number, list: CouponList][] = [];
  for (const [index, one] of document.couponLists.entries()) {
    await within(`coupon_lists[${index}]`, async () => {
      const how = { actor, which: 'named' } as const;
      const kept = await saveCouponList(core, site, toSaveCouponList(one, site.currency), how);
      applied.push({ mode, what: `coupon list "${one.name}"`, done: kept.saved });
      if (kept.saved === 'changed') changed.push([index, kept.list]);
      if (one.codes === undefined) return;
      const { added } = await handInCodes(core, site, { listId: kept.list.id, codes: one.codes, actor });
      if (added > 0) applied.push({ mode, what: `coupon list "${one.name}"`, done: `${added} codes added` });
    });
  }
  const lists = await listCouponLists(core, site);
  for (const [index, one] of document.campaigns.entries()) {
    await within(`campaigns[${index}]`, async () => {
      const input = toSaveCampaign(one, { currency: site.currency, lists });
      const kept = await saveReferralCampaign(core, site, input, { actor });
      applied.push({ mode, what: `campaign "${one.slug}"`, done: kept.saved });
    });
  }
  // The document may have changed what campaigns promise together with what lists are worth.
  for (const [index, one] of changed) {
    await within(`coupon_lists[${index}]`, () => refuseOtherPromises(core, site, one));
  }
  return applied;
}

/** As it could be applied again; codes are not in it. */
export async function readSiteDocument(core: Pick<Core, 'db'>, site: Site): Promise<Record<string, unknown>> {
  const lists = await listCouponLists(core, site);
  const campaigns = await readCampaignDocuments(core, site, await listReferralCampaigns(core, site));
  return {
    ...{ name: site.name, url: site.url, currency: site.currency, time_zone: site.timeZone },
    settings: settingsDocument(site.settings),
    coupon_lists: lists.map((one) => couponListDocument(one, site.currency)),
    campaigns,
  };
}

/** Says of a refusal where in the document it is. */
async function within(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof CoreError)) throw error;
    const { code, message } = error;
    const field = error.field === undefined ? path : `${path}.${snakeCase(error.field)}`;
    const problems = error.problems.map((problem) => ({ ...problem, path: `${path}.${problem.path}` }));
    throw new CoreError(code, `${path}: ${message}`, {
      field,
      problems: problems.length > 0 ? problems : [{ path: field, message }],
    });
  }
}
