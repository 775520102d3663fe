import { sql, type Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { toOfferClaim, type OfferClaim } from '#core/offer-claims/offer-claim.js';
import { friendOfferEnd } from '#core/offer-claims/offer-end.js';
import type { Offer } from '#core/offers/index.js';
import type { ReferralCampaign } from '#core/referral-campaigns/index.js';
import { giveFriendReward, type Reward } from '#core/rewards/index.js';
import { linkVisitor } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

/** Browsers at one address that come by one offer in any 24 h: an office does, and so does whoever collects codes. */
const MOST_FROM_ADDRESS = 20;
const DAY_MS = 86_400_000;
const LONGEST_AGENT = 500;

export interface VisitedOffer {
  offer: Offer;
  site: Site;
  campaign: ReferralCampaign;
}

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
 * what is promised to friends; `reward` is null where nothing is, or not to them.
 * @throws CoreError `offer_claim.too_many`
 */
export async function recordClaim(
  core: Pick<Core, 'db' | 'clock' | 'settings' | 'wake'>,
  visited: VisitedOffer,
  visit: Visit,
): Promise<{ claim: OfferClaim; reward: Reward | null }> {
  const at = new Date(core.clock.now());
  const { site, offer, campaign } = visited;
  const done = await inTransaction(core.db, async (tx) => {
    await linkVisitor(tx, site, visit.visitor, null, at);
    const claim = await claimOf(tx, visited, visit, at);
    if (campaign.settings.emailGating) return { claim, reward: null };
    const { id: claimId } = claim;
    const reward = await giveFriendReward(tx, core, site, { campaign, offer, claimId, visitor: visit.visitor });
    return { claim, reward: reward ?? null };
  });
  core.wake.deliveries();
  return done;
}

/** The one of this browser, or a new one. @throws CoreError `offer_claim.too_many` */
export async function claimOf(
  tx: Transaction<Tables>,
  { offer, site, campaign }: VisitedOffer,
  { channel, shareId, visitor, ip, userAgent }: Visit,
  at: Date,
): Promise<OfferClaim> {
  const earlier = await tx
    .selectFrom('offer_claims')
    .selectAll()
    .where('site_id', '=', site.id)
    .where('visitor', '=', visitor)
    .where('offer_id', '=', offer.id)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (earlier !== undefined && at.getTime() - earlier.created_at.getTime() < DAY_MS) return toOfferClaim(earlier);
  if (ip !== null) await refuseCollectors(tx, site, offer, ip, at);
  const row = await tx
    .insertInto('offer_claims')
    .values({
      ...{ site_id: site.id, offer_id: offer.id, share_id: shareId ?? null, channel, visitor, ip },
      user_agent: userAgent?.slice(0, LONGEST_AGENT) ?? null,
      // Coming again gives nobody more time.
      expires_at: earlier === undefined ? friendOfferEnd(campaign, at) : earlier.expires_at,
      person_id: earlier?.person_id ?? null,
      created_at: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toOfferClaim(row);
}

async function refuseCollectors(
  tx: Transaction<Tables>,
  site: Site,
  offer: Offer,
  ip: string,
  at: Date,
): Promise<void> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from (
      select 1 from offer_claims
      where site_id = ${site.id} and ip = ${ip} and created_at > ${new Date(at.getTime() - DAY_MS)}
        and offer_id = ${offer.id}
      limit ${MOST_FROM_ADDRESS}
    ) as came`.execute(tx);
  if ((rows[0]?.n ?? 0) < MOST_FROM_ADDRESS) return;
  throw new CoreError('offer_claim.too_many', 'Too many friends came from this address today.');
}
