import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { isOver, isUsedUp } from '#core/coupons/index.js';
import { isForFriend, isOpen, listReferralCampaigns, type ReferralCampaign } from '#core/referral-campaigns/index.js';
import { rewardsOfPerson, type Reward } from '#core/rewards/index.js';
import type { Site } from '#core/sites/index.js';

const MOST_SHOWN = 5;

export interface CodesWaiting {
  /** Its words stand above them. */
  campaign: ReferralCampaign;
  /** Each with its code, the latest first. */
  rewards: Reward[];
}

/**
 * Codes that somebody was given and has not used, to be told of where they shop. Null: no campaign of type `reward_gleam`
 * is open.
 */
export async function codesWaitingFor(
  core: Pick<Core, 'db' | 'clock'>,
  site: Site,
  { email, visitor }: { email: string; visitor: string },
): Promise<CodesWaiting | null> {
  const at = new Date(core.clock.now());
  const all = await listReferralCampaigns(core, site);
  const campaign = all.find((one) => one.kind === 'reward_gleam' && isOpen(one, site, at));
  if (campaign === undefined) return null;
  const person = await core.db
    .selectFrom('site_people')
    .select('id')
    .where('site_id', '=', site.id)
    .where('email', '=', email)
    .executeTakeFirst();
  if (person === undefined) return { campaign, rewards: [] };
  const waiting = (await rewardsOfPerson(core, site, person.id)).filter(
    ({ status, coupon }) => status === 'paid' && coupon !== null && !isUsedUp(coupon) && !isOver(coupon, at),
  );
  const here = await claimsHere(core, site, waiting, visitor, at);
  const used = await codesUsedBy(core, person.id, waiting);
  const rewards = waiting.filter(
    ({ reason, claimId, coupon }) =>
      (!isForFriend(reason) || (claimId !== null && here.has(claimId))) && !used.has(coupon?.code ?? ''),
  );
  return { campaign, rewards: rewards.slice(0, MOST_SHOWN) };
}

/**
 * Anybody can type in an address, and a code is shown where it was given: of the clicks by which rewards came, those of this
 * browser, and those that the shop's own server told, while friends have time.
 */
async function claimsHere(
  core: Pick<Core, 'db'>,
  site: Site,
  rewards: readonly Reward[],
  visitor: string,
  at: Date,
): Promise<Set<number>> {
  const ids = rewards.flatMap(({ claimId }) => (claimId === null ? [] : [claimId]));
  if (ids.length === 0) return new Set();
  const rows = await core.db
    .selectFrom('offer_claims')
    .select('id')
    .where('site_id', '=', site.id)
    .where('id', 'in', ids)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', at)]))
    .where((where) =>
      where.or([
        where('visitor', '=', visitor),
        where('shop_visitor', '=', visitor),
        where.and([where('ip', 'is', null), where('visitor', 'is not', null)]),
      ]),
    )
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** Of codes that are the same for everybody. */
async function codesUsedBy(core: Pick<Core, 'db'>, personId: number, rewards: readonly Reward[]): Promise<Set<string>> {
  const codes = rewards.flatMap(({ coupon }) => (coupon === null || coupon.singleUse ? [] : [coupon.code]));
  if (codes.length === 0) return new Set();
  const { rows } = await sql<{ code: string }>`
    select distinct code from origins, unnest(coupon_codes) as code
    where person_id = ${personId} and code = any(${codes})`.execute(core.db);
  return new Set(rows.map(({ code }) => code));
}
