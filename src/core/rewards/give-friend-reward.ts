import { sql, type ExpressionBuilder, type Selectable, type Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import type { Offer } from '#core/offers/index.js';
import { isFriendsCoupon, type Incentive, type ReferralCampaign } from '#core/referral-campaigns/index.js';
import { giveReward, onceAtAll } from '#core/rewards/give-reward.js';
import { withCoupons, type Reward } from '#core/rewards/reward.js';
import type { SitePerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';
import type { RewardTable, Tables } from '#core/tables.js';

export interface Friend {
  campaign: ReferralCampaign;
  offer: Offer;
  claimId?: number | undefined;
  person?: SitePerson | null | undefined;
  visitor?: string | null | undefined;
}

/**
 * Gives a friend who came by an offer the coupons that are promised to friends, so that they can buy with them; asked
 * again, those that they have. What else is promised to friends is given once their purchase is approved. The advocate is
 * no friend of their own. Wake the deliveries after it.
 */
export async function giveFriendReward(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock' | 'settings'>,
  site: Site,
  friend: Friend,
): Promise<Reward[]> {
  const { campaign, offer, claimId, person, visitor } = friend;
  if (person?.id === offer.personId) return [];
  if (!person && visitor && (await isAdvocatesBrowser(tx, site, offer, visitor))) return [];
  const incentives = campaign.settings.incentives.filter(isFriendsCoupon);
  const rewards: Reward[] = [];
  for (const incentive of incentives) {
    const reward =
      (await rewardOfFriend(tx, site, friend, incentive)) ??
      (await giveReward(tx, core, site, {
        ...{ campaign, incentive, reason: incentive.reason, person, visitor, claimId, offerId: offer.id },
        once: friendOnce(friend, incentive),
      }));
    // What was taken back is not shown, and not given anew.
    if (reward !== undefined && reward.status !== 'voided') rewards.push(reward);
  }
  return rewards;
}

/** A friend is given each incentive once by one offer. */
export function friendOnce(
  { offer, claimId, person, visitor }: Omit<Friend, 'campaign'>,
  incentive: Incentive,
): string {
  const who = person ? `person:${person.id}` : visitor ? `visitor:${visitor}` : `claim:${claimId}`;
  return `friend:${offer.id}:${incentive.identifier}:${who}`;
}

/** Whether the advocate was ever known in this browser, by its UUID here or at the shop. */
export async function isAdvocatesBrowser(
  tx: Transaction<Tables>,
  site: Site,
  offer: Offer,
  visitor: string,
): Promise<boolean> {
  const { rows } = await sql`
    select from visitor_people where site_id = ${site.id} and person_id = ${offer.personId}
      and (uuid = ${visitor} or uuid in (
        select shop_visitor from offer_claims where site_id = ${site.id} and visitor = ${visitor}
      ))`.execute(tx);
  return rows.length > 0;
}

/** What this friend was given by this offer, by whichever name: it is theirs from now on. */
async function rewardOfFriend(
  tx: Transaction<Tables>,
  site: Site,
  { offer, claimId, person, visitor }: Pick<Friend, 'offer' | 'claimId' | 'person' | 'visitor'>,
  incentive: Incentive,
): Promise<Reward | undefined> {
  const rows = await tx
    .selectFrom('rewards')
    .selectAll()
    .where('site_id', '=', site.id)
    .where('offer_id', '=', offer.id)
    .where('incentive', '=', incentive.identifier)
    .where((where) =>
      where.or([
        ...(person ? [where('person_id', '=', person.id)] : []),
        ...(visitor ? [where('visitor', '=', visitor)] : []),
        ...(claimId === undefined ? [] : [where('claim_id', '=', claimId), ofBrowser(where, claimId)]),
      ]),
    )
    .orderBy('id')
    .execute();
  // In one browser, more than one friend may come: what is somebody else's is not theirs. Who does not say who they are
  // has what was given in the browser.
  const mine =
    rows.find((row) => person && row.person_id === person.id) ??
    rows.find((row) => row.person_id === null) ??
    (person ? undefined : rows[0]);
  if (mine === undefined) return undefined;
  const owned = person && mine.person_id === null ? await makeTheirs(tx, mine, incentive, person) : mine;
  return (await withCoupons({ db: tx }, site, [owned]))[0];
}

/** Where somebody is given it once, this was it, unless they had another one before. A code may have come meanwhile. */
async function makeTheirs(
  tx: Transaction<Tables>,
  { id, campaign_id: campaignId }: Selectable<RewardTable>,
  incentive: Incentive,
  { id: personId }: SitePerson,
): Promise<Selectable<RewardTable>> {
  const once = onceAtAll(campaignId, incentive, personId) ?? null;
  const { rows } = await sql<Selectable<RewardTable>>`
    update rewards set person_id = ${personId}, once = case
      when ${once}::text is null or status = 'voided' or exists (
        select from rewards other where other.site_id = rewards.site_id and other.once = ${once}
      ) then once else ${once} end
    where id = ${id} returning *`.execute(tx);
  const [theirs] = rows;
  if (theirs === undefined) throw new Error(`the reward ${id} is gone`);
  if (theirs.coupon_id !== null && !theirs.coupon_shared) {
    await tx.updateTable('coupons').set({ person_id: personId }).where('id', '=', theirs.coupon_id).execute();
  }
  return theirs;
}

/** In the browser of a claim, whichever name the shop has for it: of one that came again another day, the first claim has the reward. */
function ofBrowser(where: ExpressionBuilder<Tables, 'rewards'>, claimId: number) {
  return where('visitor', '=', (from) => from.selectFrom('offer_claims').select('visitor').where('id', '=', claimId));
}

/**
 * What a friend is given of one incentive by an approved referral: nothing beside what they had by this offer already,
 * which is the referral's from now on. Undefined: it was another one's.
 */
export async function adoptFriendReward(
  tx: Transaction<Tables>,
  site: Site,
  friend: Pick<Friend, 'offer' | 'claimId' | 'person' | 'visitor'>,
  incentive: Incentive,
  referralId: number,
): Promise<{ had: boolean; reward?: Reward }> {
  const reward = await rewardOfFriend(tx, site, friend, incentive);
  if (reward === undefined) return { had: false };
  if (reward.referralId !== null) return reward.referralId === referralId ? { had: true, reward } : { had: true };
  await tx.updateTable('rewards').set({ referral_id: referralId }).where('id', '=', reward.id).execute();
  return { had: true, reward: { ...reward, referralId } };
}
