import type { Core } from '#core/core.js';
import { isOver, isUsedUp } from '#core/coupons/index.js';
import { isOpen, listReferralCampaigns, type ReferralCampaign } from '#core/referral-campaigns/index.js';
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
  email: string,
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
  const given = person === undefined ? [] : await rewardsOfPerson(core, site, person.id);
  const waiting = given.filter(
    ({ status, coupon }) => status === 'paid' && coupon !== null && !isUsedUp(coupon) && !isOver(coupon, at),
  );
  return { campaign, rewards: waiting.slice(0, MOST_SHOWN) };
}
