import { sql, type Transaction } from 'kysely';
import { isForFriend, type Incentive, type IncentiveCriteria } from '#core/referral-campaigns/index.js';
import type { Site } from '#core/sites/index.js';
import type { RewardReason, Tables } from '#core/tables.js';

/** Of integers in the database. */
const MOST_COUNTED = 2_147_483_647;

/** What a reward would be for. */
export interface RewardGround {
  incentive: Incentive;
  reason: RewardReason;
  personId: number | undefined;
  referralId: number | undefined;
  claimId: number | undefined;
  originId: number | undefined;
}

/** All that the criteria of an incentive can ask for, in one look. */
interface Facts {
  kind: string | null;
  category: string | null;
  /** What is left of it after refunds. */
  subtotal: number | null;
  bought_before: boolean;
  opted_in_here: boolean;
  approved: number;
  /** Rewards of the incentive that were given for such milestones, and were not taken back. */
  standing: number;
}

export interface Met {
  /** How many approved referrals it is given for; null: its incentive counts none. */
  milestone: number | null;
}

/**
 * Whether all that the incentive asks for holds; undefined: no. A friend's coupon that is given before anything was
 * bought is not held against a purchase that is not there yet; the shop looks at it when the code is used.
 */
export async function meetsCriteria(
  tx: Transaction<Tables>,
  site: Site,
  ground: RewardGround,
): Promise<Met | undefined> {
  const { criteria } = ground.incentive;
  const always: Met = { milestone: null };
  if (criteria === undefined || Object.keys(criteria).every((key) => key === 'uniqueness')) return always;
  const facts = await look(tx, site, ground);
  const { newCustomer, newOptIn, friendEventCategory } = criteria;
  if (newCustomer === true && facts.bought_before) return undefined;
  if (newOptIn === true && !facts.opted_in_here) return undefined;
  const boughtYet = facts.kind !== null || !isForFriend(ground.reason);
  const { subtotalMin, subtotalMax } = criteria;
  if (boughtYet) {
    if (subtotalMin !== undefined && (facts.subtotal ?? 0) < subtotalMin) return undefined;
    if (subtotalMax !== undefined && (facts.subtotal ?? 0) > subtotalMax) return undefined;
    const isEvent = facts.kind === 'event' && facts.category === friendEventCategory;
    if (friendEventCategory !== undefined && !isEvent) return undefined;
  }
  if (!asksForMilestone(criteria)) return always;
  return isAtMilestone(criteria, facts) ? { milestone: facts.approved } : undefined;
}

function asksForMilestone({ referralsMin, referralsMax, referralsDivisibleBy }: IncentiveCriteria): boolean {
  return (referralsMin ?? referralsMax ?? referralsDivisibleBy) !== undefined;
}

/** How many approved referrals are rewarded: from `least` to `most`, each count that `step` divides. */
function milestonesOf({ referralsMin = 1, referralsMax, referralsDivisibleBy }: IncentiveCriteria) {
  return { least: Math.max(1, referralsMin), most: referralsMax ?? MOST_COUNTED, step: referralsDivisibleBy ?? 1 };
}

/** After a refund the count comes by its milestones again: there are never more rewards than milestones so far. */
function isAtMilestone(criteria: IncentiveCriteria, { approved, standing }: Facts): boolean {
  const { least, most, step } = milestonesOf(criteria);
  if (approved < least || approved > most || approved % step !== 0) return false;
  return standing < Math.floor(approved / step) - Math.floor((least - 1) / step);
}

async function look(tx: Transaction<Tables>, site: Site, ground: RewardGround): Promise<Facts> {
  const { reason, personId, referralId, claimId, originId } = ground;
  const friend = isForFriend(reason) ? (personId ?? null) : null;
  const { identifier, criteria = {} } = ground.incentive;
  const { least, most, step } = milestonesOf(criteria);
  const { rows } = await sql<Facts>`
    with ground as (
      select coalesce(referral.friend_id, ${friend}::bigint) as friend_id,
        coalesce(referral.origin_id, ${originId ?? null}::bigint) as origin_id,
        coalesce(referral.claim_id, ${claimId ?? null}::bigint) as claim_id,
        referral.advocate_id, referral.campaign_id
      from (select) as nothing
      left join referrals referral on referral.id = ${referralId ?? null}::bigint and referral.site_id = ${site.id}
    )
    select origin.kind, origin.category, origin.subtotal - coalesce(origin.refunded, 0) as subtotal,
      exists (
        select from origins earlier where earlier.person_id = ground.friend_id and earlier.kind = 'purchase'
          and (ground.origin_id is null or earlier.id < ground.origin_id)
      ) as bought_before,
      coalesce(friend.opted_in_at >= least(claim.created_at, (
        select min(created_at) from offer_claims where person_id = friend.id and offer_id = claim.offer_id
      )), false) as opted_in_here,
      (
        select count(*)::int from referrals approved where approved.advocate_id = ground.advocate_id
          and approved.campaign_id = ground.campaign_id and approved.status = 'approved'
          and not exists (
            select from origins returned where returned.id = approved.origin_id
              and returned.refunded >= coalesce(returned.subtotal, 0)
          )
      ) as approved,
      (
        select count(*)::int from referrals theirs
        join rewards standing on standing.referral_id = theirs.id
        where theirs.advocate_id = ground.advocate_id and theirs.campaign_id = ground.campaign_id
          and standing.incentive = ${identifier} and standing.status <> 'voided'
          and standing.milestone between ${least} and ${most} and standing.milestone % ${step}::int = 0
      ) as standing
    from ground
    left join origins origin on origin.id = ground.origin_id
    left join site_people friend on friend.id = ground.friend_id
    left join offer_claims claim on claim.id = ground.claim_id`.execute(tx);
  const [facts] = rows;
  if (facts === undefined) throw new Error('nothing was read for the criteria of an incentive');
  return facts;
}
