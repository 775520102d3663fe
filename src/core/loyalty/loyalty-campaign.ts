import type { Core } from '#core/core.js';
import {
  isOpen,
  toReferralCampaign,
  type LoyaltyRule,
  type LoyaltyRules,
  type ReferralCampaign,
} from '#core/referral-campaigns/index.js';
import type { Site } from '#core/sites/index.js';

export type LoyaltyCampaign = ReferralCampaign & { rules: LoyaltyRules };

/** Those of a site in which points are collected now, the oldest first. */
export async function openLoyaltyCampaigns(core: Pick<Core, 'db'>, site: Site, at: Date): Promise<LoyaltyCampaign[]> {
  const rows = await core.db
    .selectFrom('referral_campaigns')
    .selectAll()
    .where('site_id', '=', site.id)
    .where('kind', '=', 'loyalty')
    .where('status', '<>', 'disabled')
    .orderBy('id')
    .execute();
  return openLoyaltyAmong(rows.map(toReferralCampaign), site, at);
}

/** The same, of campaigns that were read. */
export function openLoyaltyAmong(campaigns: readonly ReferralCampaign[], site: Site, at: Date): LoyaltyCampaign[] {
  return campaigns.flatMap((campaign) => {
    const rules = campaign.kind === 'loyalty' && isOpen(campaign, site, at) ? campaign.settings.loyalty : undefined;
    return rules === undefined ? [] : [{ ...campaign, rules }];
  });
}

/** What gives points by itself; every other identifier is the shop's own word for what it reports. */
const BY_ITSELF = /^(?:join|purchase|referral|event:.*)$/;

export function ruleOf({ rules }: LoyaltyCampaign, identifier: string): LoyaltyRule | undefined {
  return rules.actions.find((rule) => rule.identifier === identifier);
}

/** For what the shop reports itself. */
export function reportedRuleOf(campaign: LoyaltyCampaign, identifier: string): LoyaltyRule | undefined {
  return BY_ITSELF.test(identifier) ? undefined : ruleOf(campaign, identifier);
}
