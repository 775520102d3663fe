import type { Refusal } from '#apis/http/index.js';
import type { AssetErrorCode } from '#core/assets/index.js';
import type { CouponErrorCode } from '#core/coupons/index.js';
import type { DiskErrorCode } from '#core/disk/index.js';
import type { LoyaltyErrorCode } from '#core/loyalty/index.js';
import type { OfferClaimErrorCode } from '#core/offer-claims/index.js';
import type { OfferErrorCode } from '#core/offers/index.js';
import type { OriginErrorCode } from '#core/origins/index.js';
import type { ReferralProgrammeErrorCode } from '#core/referral-programme/index.js';
import type { ReferralCampaignErrorCode } from '#core/referral-campaigns/index.js';
import type { ReferralMetricErrorCode } from '#core/referral-metrics/index.js';
import type { ReferralErrorCode } from '#core/referrals/index.js';
import type { ShareErrorCode } from '#core/shares/index.js';
import type { SitePersonErrorCode } from '#core/site-people/index.js';
import type { SiteErrorCode } from '#core/sites/index.js';
import type { WebhookErrorCode } from '#core/webhooks/index.js';

/** What could be read, and cannot be done: its sentence begins with "Validation failed". */
export const VALIDATION_FAILED = 'validation_failed';

const BAD_REQUEST = { status: 400, code: 'bad_request' };
const NOT_FOUND = { status: 404, code: 'not_found' };
const UNPROCESSABLE = { status: 422, code: VALIDATION_FAILED };

/** Core's refusals in the statuses of this door; what is said is core's sentence. */
export const REFUSALS = {
  'site.not_found': NOT_FOUND,
  'site.bad_input': UNPROCESSABLE,
  'site.slug_taken': UNPROCESSABLE,
  'site.too_many': UNPROCESSABLE,
  'site.throttled': { status: 429, code: 'throttled' },
  'referral_campaign.not_found': NOT_FOUND,
  'referral_campaign.bad_input': UNPROCESSABLE,
  'referral_campaign.slug_taken': UNPROCESSABLE,
  'referral_campaign.in_use': UNPROCESSABLE,
  'site_person.not_found': NOT_FOUND,
  'site_person.bad_input': BAD_REQUEST,
  'site_person.no_address': UNPROCESSABLE,
  'site_person.taken': UNPROCESSABLE,
  'site_person.opted_out': UNPROCESSABLE,
  'visitor.bad_input': BAD_REQUEST,
  'origin.not_found': NOT_FOUND,
  'origin.ambiguous': BAD_REQUEST,
  'origin.bad_input': BAD_REQUEST,
  'origin.duplicate': BAD_REQUEST,
  'origin.refunded': BAD_REQUEST,
  'origin_batch.not_found': NOT_FOUND,
  'origin_batch.bad_input': BAD_REQUEST,
  'origin_batch.too_many': UNPROCESSABLE,
  'offer.not_found': NOT_FOUND,
  'offer.bad_input': BAD_REQUEST,
  'offer.no_campaign': BAD_REQUEST,
  'visitor_offer.not_found': NOT_FOUND,
  'share.bad_input': BAD_REQUEST,
  'share.ended': UNPROCESSABLE,
  'referral.not_found': NOT_FOUND,
  'referral.bad_input': UNPROCESSABLE,
  'referral.decided': UNPROCESSABLE,
  'coupon_list.not_found': NOT_FOUND,
  'coupon_list.bad_input': UNPROCESSABLE,
  'coupon_list.name_taken': UNPROCESSABLE,
  'coupon_list.in_use': UNPROCESSABLE,
  'loyalty_member.not_found': NOT_FOUND,
  'loyalty_member.not_active': BAD_REQUEST,
  'loyalty_member.bad_input': UNPROCESSABLE,
  'loyalty.no_campaign': BAD_REQUEST,
  'loyalty.no_action': BAD_REQUEST,
  'loyalty.bad_input': BAD_REQUEST,
  'loyalty.not_enough_points': BAD_REQUEST,
  'loyalty.out_of_bounds': UNPROCESSABLE,
  'redemption_batch.not_found': NOT_FOUND,
  'redemption_batch.empty': UNPROCESSABLE,
  'metric.not_found': NOT_FOUND,
  'metric.bad_input': BAD_REQUEST,
  'asset.not_found': NOT_FOUND,
  'asset.bad_input': UNPROCESSABLE,
  'asset.name_taken': UNPROCESSABLE,
  'delivery.not_found': NOT_FOUND,
  'webhook.not_found': NOT_FOUND,
  'webhook.bad_input': UNPROCESSABLE,
  'webhook.exists': UNPROCESSABLE,
  'webhook.too_many': UNPROCESSABLE,
  'offer_claim.too_many': { status: 429, code: 'throttled' },
  'disk.full': { status: 507, code: 'disk_full' },
} as const satisfies Record<
  | SiteErrorCode
  | ReferralCampaignErrorCode
  | SitePersonErrorCode
  | OriginErrorCode
  | ReferralProgrammeErrorCode
  | OfferErrorCode
  | OfferClaimErrorCode
  | ShareErrorCode
  | ReferralErrorCode
  | CouponErrorCode
  | LoyaltyErrorCode
  | ReferralMetricErrorCode
  | AssetErrorCode
  | WebhookErrorCode
  | DiskErrorCode,
  Refusal
>;
