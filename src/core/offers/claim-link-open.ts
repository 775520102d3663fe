import type { Core } from '#core/core.js';
import { claimLink, shareLink } from '#core/offers/links.js';
import type { Offer } from '#core/offers/offer.js';
import type { SharedOffer } from '#core/offers/shared-offer.js';
import { isOpen, type ReferralCampaign } from '#core/referral-campaigns/index.js';
import type { Site } from '#core/sites/index.js';

/** Whether friends can come by it: its campaign is open, and it is not over. */
export function isOfferOpen(offer: Offer, campaign: ReferralCampaign, site: Site, at: Date): boolean {
  return isOpen(campaign, site, at) && (offer.expiresAt === null || offer.expiresAt > at);
}

/** Whether this link, or else the offer's own, leads friends to the offer now: also one of a channel, or of a share. */
export async function isClaimLinkOpen(
  core: Pick<Core, 'db' | 'clock' | 'settings'>,
  { site, offer, campaign }: SharedOffer,
  link?: string,
): Promise<boolean> {
  if (!isOfferOpen(offer, campaign, site, new Date(core.clock.now()))) return false;
  if (link === undefined) return true;
  const bare = link.split(/[?#]/, 1)[0] ?? '';
  const own = claimLink(core, offer);
  if (bare === own || (bare.startsWith(`${own}/`) && !bare.slice(own.length + 1).includes('/'))) return true;
  const shares = shareLink(core, '');
  if (!bare.startsWith(shares)) return false;
  const share = await core.db
    .selectFrom('shares')
    .select('id')
    .where('code', '=', bare.slice(shares.length))
    .where('offer_id', '=', offer.id)
    .executeTakeFirst();
  return share !== undefined;
}
