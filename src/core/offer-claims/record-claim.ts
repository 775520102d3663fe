import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import type { OfferClaim } from '#core/offer-claims/offer-claim.js';
import { writeClaim } from '#core/offer-claims/write-claim.js';
import type { SharedOffer } from '#core/offers/index.js';
import { giveFriendReward, type Reward } from '#core/rewards/index.js';
import { linkVisitor } from '#core/site-people/index.js';

export interface Visit {
  channel: string;
  shareId?: number | undefined;
  /** The UUID of the browser. */
  visitor: string;
  /** Null: a server of the shop says it. */
  ip: string | null;
  userAgent?: string | undefined;
}

/**
 * Writes down that a friend came by an offer, once a day for a browser. Where nobody is asked who they are, they are given
 * what is promised to friends; `rewards` is empty where nothing is, or not to them.
 * @throws CoreError `offer_claim.too_many`
 */
export async function recordClaim(
  core: Pick<Core, 'db' | 'clock' | 'settings' | 'wake'>,
  visited: SharedOffer,
  visit: Visit,
): Promise<{ claim: OfferClaim; rewards: Reward[] }> {
  const at = new Date(core.clock.now());
  const { site, offer, campaign } = visited;
  const done = await inTransaction(core.db, async (tx) => {
    await linkVisitor(tx, site, visit.visitor, null, at);
    const { claim } = await writeClaim(tx, visited, visit, null, at);
    if (campaign.settings.emailGating) return { claim, rewards: [] };
    const { id: claimId } = claim;
    const friend = { campaign, offer, claimId, visitor: visit.visitor };
    return { claim, rewards: await giveFriendReward(tx, core, site, friend) };
  });
  core.wake.deliveries();
  return done;
}
