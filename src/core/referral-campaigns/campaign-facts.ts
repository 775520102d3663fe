import type { ReferralCampaign } from '#core/referral-campaigns/referral-campaign.js';

/** A campaign as events tell of it: what it was then. */
export interface CampaignFacts {
  id: number;
  slug: string;
  name: string;
  kind: ReferralCampaign['kind'];
  status: ReferralCampaign['status'];
  tags: string[];
  joinableBy: string[];
  originMinAge: number | null;
  originMaxAge: number | null;
  startsAt: string | null;
  endsAt: string | null;
}

export function campaignFacts(campaign: ReferralCampaign): CampaignFacts {
  const { id, slug, name, kind, status, tags, settings, startsAt, endsAt } = campaign;
  return {
    ...{ id, slug, name, kind, status, tags },
    joinableBy: settings.joinableBy,
    originMinAge: settings.originMinAge ?? null,
    originMaxAge: settings.originMaxAge ?? null,
    startsAt: startsAt?.toISOString() ?? null,
    endsAt: endsAt?.toISOString() ?? null,
  };
}
