import type { Core } from '#core/core.js';
import { listCouponLists, saveCouponList, type SavedCouponList } from '#core/coupons/index.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import {
  redemptionBatchesOf,
  refuseOtherPromises,
  saveReferralCampaign,
  type ReferralCampaign,
  type SavedCampaign,
} from '#core/referral-campaigns/index.js';
import { campaignDocument, toSaveCampaign } from '#core/site-documents/campaign-document.js';
import { campaignShape } from '#core/site-documents/campaign-shape.js';
import { couponListShape, toSaveCouponList } from '#core/site-documents/coupon-list-document.js';
import { readDocument } from '#core/site-documents/read-document.js';
import type { Site } from '#core/sites/index.js';

/**
 * A list as its document says; codes are handed in apart.
 * @throws CoreError `coupon_list.bad_input`, `coupon_list.name_taken`, `coupon_list.not_found`
 */
export async function saveCouponListDocument(
  core: Pick<Core, 'db' | 'clock'>,
  site: Site,
  value: unknown,
  how: { actor: string; which: 'new' | number },
): Promise<SavedCouponList> {
  const document = readDocument(couponListShape, value, 'coupon_list.bad_input');
  if (document.codes !== undefined) {
    throw new CoreError('coupon_list.bad_input', 'Codes are handed in apart, once there is the list.', {
      field: 'codes',
    });
  }
  return inTransaction(core.db, async (tx) => {
    const within = { ...core, db: tx };
    const kept = await saveCouponList(within, site, toSaveCouponList(document, site.currency), how);
    if (kept.saved === 'changed') await refuseOtherPromises(within, site, kept.list);
    return kept;
  });
}

/** @throws CoreError `referral_campaign.bad_input`, `referral_campaign.slug_taken` */
export async function saveCampaignDocument(
  core: Pick<Core, 'db' | 'clock'>,
  site: Site,
  value: unknown,
  how: { actor: string; as?: 'new' },
): Promise<SavedCampaign> {
  const document = readDocument(campaignShape, value, 'referral_campaign.bad_input');
  const lists = await listCouponLists(core, site);
  return saveReferralCampaign(core, site, toSaveCampaign(document, { currency: site.currency, lists }), how);
}

/** Each as it could be handed in again. */
export async function readCampaignDocuments(
  core: Pick<Core, 'db'>,
  site: Site,
  campaigns: readonly ReferralCampaign[],
): Promise<Record<string, unknown>[]> {
  const lists = await listCouponLists(core, site);
  const documents = [];
  for (const campaign of campaigns) {
    const batches = campaign.kind === 'loyalty' ? await redemptionBatchesOf(core.db, campaign.id) : [];
    documents.push(campaignDocument(campaign, batches, { currency: site.currency, lists }));
  }
  return documents;
}
