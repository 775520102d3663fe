import type { Offer } from '#core/offers/offer.js';
import type { SharedOffer } from '#core/offers/shared-offer.js';
import { isOpen, type ReferralCampaign } from '#core/referral-campaigns/index.js';

const DAY_MS = 86_400_000;

/** Until when friends come by an offer whose advocate joins now; null: without end. */
export function offerEnd({ settings }: ReferralCampaign, joinedAt: Date): Date | null {
  const { advocateDeadlineDays, friendDeadlineDays } = settings;
  if (advocateDeadlineDays === undefined && friendDeadlineDays === undefined) return null;
  return new Date(joinedAt.getTime() + ((advocateDeadlineDays ?? 0) + (friendDeadlineDays ?? 0)) * DAY_MS);
}

/** Until when its advocate passes it on; friends have some days more. Null: without end. */
export function advocateEnd({ createdAt, expiresAt }: Offer, { settings }: ReferralCampaign): Date | null {
  const { advocateDeadlineDays, friendDeadlineDays = 0 } = settings;
  if (advocateDeadlineDays === undefined) return expiresAt;
  if (expiresAt === null) return new Date(createdAt.getTime() + advocateDeadlineDays * DAY_MS);
  return new Date(expiresAt.getTime() - friendDeadlineDays * DAY_MS);
}

/** Whether its advocate passes it on now. */
export function isPassedOn({ offer, site, campaign }: SharedOffer, at: Date): boolean {
  const end = advocateEnd(offer, campaign);
  return (end === null || end > at) && isOpen(campaign, site, at);
}
