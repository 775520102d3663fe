import type { KeyDoor } from '#apis/http/index.js';
import { assetRoutes } from '#apis/referrals/asset-routes.js';
import { REFERRALS_WEBHOOKS } from '#apis/referrals/callback-schemas.js';
import { batchRoutes } from '#apis/referrals/batch-routes.js';
import { campaignRoutes } from '#apis/referrals/campaign-routes.js';
import { manageCampaignRoutes } from '#apis/referrals/manage-campaign-routes.js';
import { manageCouponListRoutes } from '#apis/referrals/manage-coupon-list-routes.js';
import { manageReferralRoutes } from '#apis/referrals/manage-referral-routes.js';
import { manageUsageRoutes } from '#apis/referrals/manage-usage-routes.js';
import { manageSiteRoutes } from '#apis/referrals/manage-site-routes.js';
import { loyaltyActionRoutes } from '#apis/referrals/loyalty-action-routes.js';
import { loyaltyMemberRoutes } from '#apis/referrals/loyalty-member-routes.js';
import { offerClaimRoutes } from '#apis/referrals/offer-claim-routes.js';
import { offerRoutes } from '#apis/referrals/offer-routes.js';
import { visitorRoutes } from '#apis/referrals/visitor-routes.js';
import { trafficSourceRoutes } from '#apis/referrals/traffic-source-routes.js';
import { originRoutes } from '#apis/referrals/origin-routes.js';
import { personRoutes } from '#apis/referrals/person-routes.js';
import { metricRoutes } from '#apis/referrals/metric-routes.js';
import { personalDataRoutes } from '#apis/referrals/personal-data-routes.js';
import { couponRoutes } from '#apis/referrals/coupon-routes.js';
import { referralRoutes } from '#apis/referrals/referral-routes.js';
import { rewardRoutes } from '#apis/referrals/reward-routes.js';
import { ErrorBody, presentError } from '#apis/referrals/present-error.js';
import { REFUSALS } from '#apis/referrals/refusals.js';
import { shareRoutes } from '#apis/referrals/share-routes.js';
import { siteTable } from '#apis/referrals/site-table.js';
import { webhookDeliveryRoutes } from '#apis/referrals/webhook-delivery-routes.js';
import { webhookEndpointRoutes } from '#apis/referrals/webhook-endpoint-routes.js';

export { APP_DIALECT, APP_WEBHOOKS, CLASSIC_DIALECT, CLASSIC_WEBHOOKS } from '#apis/referrals/callbacks.js';

/** Who recommends a shop to whom, and what they get for it. */
export const referralsDoor: KeyDoor = {
  name: 'referrals',
  prefix: '/referrals/api/v2',
  guard: { kind: 'key', limitedPer: 'account' },
  docs: {
    title: 'Sidetone Referrals API',
    description:
      'Origins, offers, shares, referrals, rewards, coupons, people and loyalty of a site. Authorize with `Bearer` and ' +
      'the key of the site; a test key sees and changes the test half of it. Everything that succeeds has `result`.',
    errorSchema: ErrorBody,
    webhooks: REFERRALS_WEBHOOKS,
  },
  presentError,
  refusals: REFUSALS,
  routes(keyed) {
    const table = siteTable(keyed);
    campaignRoutes(table);
    manageSiteRoutes(table);
    manageUsageRoutes(table);
    manageCampaignRoutes(table);
    manageCouponListRoutes(table);
    manageReferralRoutes(table);
    assetRoutes(table, keyed.open);
    loyaltyMemberRoutes(table);
    loyaltyActionRoutes(table);
    webhookEndpointRoutes(table);
    webhookDeliveryRoutes(table);
    shareRoutes(table);
    originRoutes(table);
    batchRoutes(table);
    offerRoutes(table);
    offerClaimRoutes(table);
    visitorRoutes(table);
    trafficSourceRoutes(table);
    personRoutes(table);
    personalDataRoutes(table);
    metricRoutes(table);
    referralRoutes(table);
    rewardRoutes(table);
    couponRoutes(table);
  },
};
