import type { Core } from '#core/core.js';
import { toReferral, type Referral } from '#core/referrals/referral.js';
import { rewardsOfReferrals, type Reward } from '#core/rewards/index.js';
import { toSitePerson, type SitePerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';

/** The latest that are listed. */
export const MOST_REFERRALS = 500;

/** A referral and all that is told with it. */
export interface SeenReferral {
  referral: Referral;
  advocate: SitePerson;
  friend: SitePerson;
  /** Minor units: of the origin, without what was refunded. */
  subtotal: number | null;
  rewards: Reward[];
}

/** Those that somebody brought, or by which they were brought; the latest first. */
export async function referralsOf(
  core: Pick<Core, 'db'>,
  site: Site,
  personId: number,
  side: 'advocate' | 'friend',
): Promise<SeenReferral[]> {
  const rows = await core.db
    .selectFrom('referrals')
    .selectAll()
    .where('site_id', '=', site.id)
    .where(side === 'advocate' ? 'advocate_id' : 'friend_id', '=', personId)
    .orderBy('id', 'desc')
    .limit(MOST_REFERRALS)
    .execute();
  return lookAt(core, site, rows.map(toReferral));
}

export async function lookAtOne(core: Pick<Core, 'db'>, site: Site, referral: Referral): Promise<SeenReferral> {
  const [seen] = await lookAt(core, site, [referral]);
  if (seen === undefined) throw new Error('a referral was not found that was just written');
  return seen;
}

async function lookAt(core: Pick<Core, 'db'>, site: Site, referrals: readonly Referral[]): Promise<SeenReferral[]> {
  if (referrals.length === 0) return [];
  const peopleIds = new Set(referrals.flatMap(({ advocateId, friendId }) => [advocateId, friendId]));
  const people = await core.db
    .selectFrom('site_people')
    .selectAll()
    .where('site_id', '=', site.id)
    .where('id', 'in', [...peopleIds])
    .execute();
  const known = new Map(people.map((row) => [row.id, toSitePerson(row)]));
  const origins = await core.db
    .selectFrom('origins')
    .select(['id', 'subtotal', 'refunded'])
    .where('site_id', '=', site.id)
    .where(
      'id',
      'in',
      referrals.map(({ originId }) => originId),
    )
    .execute();
  const bought = new Map(origins.map((row) => [row.id, row]));
  const ids = referrals.map(({ id }) => id);
  const rewards = await rewardsOfReferrals(core, site, ids);
  return referrals.flatMap((referral) => {
    const [advocate, friend] = [known.get(referral.advocateId), known.get(referral.friendId)];
    const origin = bought.get(referral.originId);
    if (advocate === undefined || friend === undefined || origin === undefined) return [];
    const subtotal = origin.subtotal === null ? null : origin.subtotal - (origin.refunded ?? 0);
    return {
      referral,
      advocate,
      friend,
      subtotal,
      rewards: rewards.filter(({ referralId }) => referralId === referral.id),
    };
  });
}
