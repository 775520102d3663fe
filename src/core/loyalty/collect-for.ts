import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { collect } from '#core/loyalty/collect.js';
import { campaignFor } from '#core/loyalty/find-member.js';
import { joinAs, memberOf } from '#core/loyalty/join-loyalty.js';
import { openLoyaltyAmong, openLoyaltyCampaigns, ruleOf } from '#core/loyalty/loyalty-campaign.js';
import type { Origin } from '#core/origins/index.js';
import type { ReferralCampaign } from '#core/referral-campaigns/index.js';
import type { SitePerson } from '#core/site-people/index.js';
import { wholeUnits, type Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

/** What of an origin points are given for. */
export type CollectedOrigin = Pick<Origin, 'id' | 'kind' | 'category' | 'subtotal'>;

/**
 * Whoever registers joins where a campaign says so, and gets the points that a purchase or event gives, unless it was
 * told `before`: last in the transaction that writes the origin, for it holds the member's row. Wake the deliveries
 * after it.
 */
export async function collectForOrigin(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock'>,
  site: Site,
  {
    person,
    origin,
    campaigns: all,
    before,
  }: { person: SitePerson; origin: CollectedOrigin; campaigns: readonly ReferralCampaign[]; before: boolean },
): Promise<void> {
  const at = new Date(core.clock.now());
  const campaigns = openLoyaltyAmong(all, site, at);
  if (campaigns.length === 0) return;
  const joined = campaigns.find(({ rules }) => rules.autoJoin);
  const member =
    (await memberOf(tx, person.id)) ?? (joined === undefined ? undefined : await joinAs(tx, site, person, joined, at));
  const campaign = member === undefined ? undefined : campaignFor(member, campaigns);
  if (member === undefined || campaign === undefined || before || origin.kind === 'affiliate_member') return;
  const rule = ruleOf(campaign, origin.kind === 'purchase' ? 'purchase' : `event:${origin.category}`);
  if (rule === undefined) return;
  const units = wholeUnits(origin.subtotal ?? 0, site.currency);
  const about = { member, person, campaign, rule };
  await collect(tx, site, about, { once: `origin:${origin.id}`, units, originId: origin.id }, at);
}

/** Points for a referral that was approved; after its rewards, for it holds the member's row. */
export async function collectForReferral(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock'>,
  site: Site,
  advocate: SitePerson,
  referralId: number,
): Promise<void> {
  const at = new Date(core.clock.now());
  const member = await memberOf(tx, advocate.id);
  if (member === undefined) return;
  const campaign = campaignFor(member, await openLoyaltyCampaigns({ db: tx }, site, at));
  const rule = campaign === undefined ? undefined : ruleOf(campaign, 'referral');
  if (campaign === undefined || rule === undefined) return;
  const about = { member, person: advocate, campaign, rule };
  await collect(tx, site, about, { once: `referral:${referralId}`, details: { referralId } }, at);
}
