import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import type { SharedOffer } from '#core/offers/index.js';
import { isForFriend } from '#core/referral-campaigns/index.js';
import { rewardsOfPerson, type Reward } from '#core/rewards/index.js';

/** What became of an advocate's offer so far. */
export interface AdvocateProgress {
  /** Friends who came by it, each browser once. */
  came: number;
  /** Referrals that are not decided, and those that were approved and not refunded since. */
  waiting: number;
  approved: number;
}

/** An approved referral of which something is left counts: `counted` is its row, `bought` that of its origin. */
export const COUNTED = sql<boolean>`counted.status = 'approved'
  and (bought.refunded is null or bought.refunded < coalesce(bought.subtotal, 0))`;

export async function progressOf(core: Pick<Core, 'db'>, { offer }: SharedOffer): Promise<AdvocateProgress> {
  const { rows } = await sql<AdvocateProgress>`
    select (
        select count(distinct visitor)::int from offer_claims
        where offer_id = ${offer.id} and person_id is distinct from ${offer.personId}
      ) as came,
      count(*) filter (where counted.status in ('pending', 'flagged'))::int as waiting,
      count(*) filter (where ${COUNTED})::int as approved
    from referrals counted join origins bought on bought.id = counted.origin_id
    where counted.offer_id = ${offer.id}`.execute(core.db);
  const [progress] = rows;
  if (progress === undefined) throw new Error('nothing was counted of an offer');
  return progress;
}

/** What the advocate was given in the campaign of the offer, the latest first, without what was taken back. */
export async function rewardsOfAdvocate(
  core: Pick<Core, 'db'>,
  { site, campaign, offer }: SharedOffer,
): Promise<Reward[]> {
  const rewards = await rewardsOfPerson(core, site, offer.personId);
  return rewards.filter(
    ({ campaignId, reason, status }) => campaignId === campaign.id && !isForFriend(reason) && status !== 'voided',
  );
}

/** How often the advocate was given each incentive that counts referrals, and it was not taken back. */
export async function milestonesGiven(
  core: Pick<Core, 'db'>,
  { site, campaign, offer }: SharedOffer,
): Promise<Map<string, number>> {
  const rows = await core.db
    .selectFrom('rewards')
    .select(['incentive', (eb) => eb.fn.countAll<number>().as('given')])
    .where('site_id', '=', site.id)
    .where('person_id', '=', offer.personId)
    .where('campaign_id', '=', campaign.id)
    .where('status', '<>', 'voided')
    .where('milestone', 'is not', null)
    .groupBy('incentive')
    .execute();
  return new Map(rows.map(({ incentive, given }) => [incentive, Number(given)]));
}
