import type { ReferralCampaign } from '#core/referral-campaigns/index.js';

const HOUR_MS = 3_600_000;

/** Until when a friend who first came at this moment can use it. */
export function friendOfferEnd({ settings }: ReferralCampaign, cameAt: Date): Date | null {
  const { friendOfferHours } = settings;
  return friendOfferHours === undefined ? null : new Date(cameAt.getTime() + friendOfferHours * HOUR_MS);
}
