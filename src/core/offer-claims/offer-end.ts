import type { Offer } from '#core/offers/index.js';
import { isOpen, type ReferralCampaign } from '#core/referral-campaigns/index.js';
import type { Site } from '#core/sites/index.js';

const HOUR_MS = 3_600_000;

/** Whether friends come by it at this moment. */
export function isTaken(offer: Offer, site: Site, campaign: ReferralCampaign, at: Date): boolean {
  return isOpen(campaign, site, at) && (offer.expiresAt === null || offer.expiresAt > at);
}

/** Until when a friend who first came at this moment can use it. */
export function friendOfferEnd({ settings }: ReferralCampaign, cameAt: Date): Date | null {
  const { friendOfferHours } = settings;
  return friendOfferHours === undefined ? null : new Date(cameAt.getTime() + friendOfferHours * HOUR_MS);
}
