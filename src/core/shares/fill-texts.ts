import { isForFriend, type ReferralCampaign, type ReferralCampaignSettings } from '#core/referral-campaigns/index.js';
import { shownName, type SitePerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';

/** What is filled into the words of a campaign. */
export interface FilledIn {
  link: string;
  advocate: Pick<SitePerson, 'firstName'> | null;
}

/** The words of a campaign for one offer, as plain text. */
export function fillTexts(
  site: Site,
  campaign: ReferralCampaign,
  { link, advocate }: FilledIn,
): ReferralCampaignSettings['texts'] {
  const values: Record<string, string> = {
    link,
    name: shownName(advocate) ?? 'A friend',
    site: site.name,
    advocate_reward: promiseOf(campaign, 'referrer'),
    friend_reward: promiseOf(campaign, 'referred'),
  };
  const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (as, name: string) => values[name] ?? as);
  const { headline, description, friendHeadline, friendDescription, shareSubject, shareMessage } =
    campaign.settings.texts;
  return {
    headline: fill(headline),
    description: fill(description),
    friendHeadline: fill(friendHeadline),
    friendDescription: fill(friendDescription),
    shareSubject: fill(shareSubject),
    shareMessage: fill(shareMessage),
  };
}

/** What somebody is promised; empty: nothing. */
export function promiseOf({ settings }: ReferralCampaign, reason: 'referrer' | 'referred'): string {
  const promised = settings.incentives.find((incentive) =>
    reason === 'referred' ? isForFriend(incentive.reason) : incentive.reason === reason,
  );
  return promised?.description ?? '';
}
