import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import type { WrittenClaim } from '#core/offer-claims/write-claim.js';
import type { SharedOffer } from '#core/offers/index.js';
import { giveIncentives, isAdvocatesBrowser } from '#core/rewards/index.js';
import { personById } from '#core/site-people/index.js';
import type { Tables } from '#core/tables.js';

/**
 * Clicks of one offer that are rewarded in any 24 h. A click costs nothing and nobody vouches for it: whoever has many
 * networks at hand earns no more than this by clicking alone.
 */
const MOST_REWARDED = 10;
const DAY_MS = 86_400_000;

/**
 * Gives an advocate what is promised for a friend's click: once for a browser, for the first of its network in a day, and
 * nothing for looking at their own link. Wake the deliveries after it.
 */
export async function rewardClick(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock' | 'settings'>,
  { site, offer, campaign }: SharedOffer,
  { claim, isFirstOfNetwork }: WrittenClaim,
  at: Date,
): Promise<void> {
  if (!isFirstOfNetwork || claim.visitor === null) return;
  if (!campaign.settings.incentives.some(({ reason }) => reason === 'click')) return;
  if (await isAdvocatesBrowser(tx, site, offer, claim.visitor)) return;
  // Clicks of one offer are counted one after the other.
  await tx.selectFrom('offers').select('id').where('id', '=', offer.id).forNoKeyUpdate().execute();
  const rewarded = await tx
    .selectFrom('rewards')
    .select('claim_id')
    .distinct()
    .where('offer_id', '=', offer.id)
    .where('reason', '=', 'click')
    .where('created_at', '>', new Date(at.getTime() - DAY_MS))
    .limit(MOST_REWARDED)
    .execute();
  if (rewarded.length >= MOST_REWARDED) return;
  const person = await personById({ db: tx }, site, offer.personId);
  await giveIncentives(tx, core, site, {
    ...{ campaign, reason: 'click', person, offerId: offer.id, claimId: claim.id, by: claim.visitor },
  });
}
