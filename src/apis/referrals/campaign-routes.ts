import Type, { type Static } from 'typebox';
import { presentTimeOrNull } from '#apis/referrals/present-time.js';
import type { SiteTable } from '#apis/referrals/site-table.js';
import { listReferralCampaigns, stateAt, type ReferralCampaign } from '#core/referral-campaigns/index.js';
import type { Site } from '#core/sites/index.js';

const Text = Type.String();
const MaybeText = Type.Union([Text, Type.Null()]);
const MaybeSeconds = Type.Union([Type.Integer({ description: 'Seconds.' }), Type.Null()]);

export const CampaignObject = Type.Object({
  id: Type.Integer(),
  slug: Text,
  name: Text,
  type: Type.String({ description: '`invite`, `advocate_dashboard`, `loyalty` …' }),
  status: Type.Enum(['Live', 'Disabled', 'Test', 'Scheduled']),
  is_active: Type.Boolean(),
  appearance: Type.Literal('inline', { description: 'The page of an advocate is shown within that of the shop.' }),
  joinable_category_names: Type.Array(Text),
  tag_names: Type.Array(Text),
  origin_min_age: MaybeSeconds,
  origin_max_age: MaybeSeconds,
  live_period: Type.Object({ starts_at: MaybeText, ends_at: MaybeText }),
});

export function campaignRoutes(table: SiteTable): void {
  table.get('/campaigns', {
    id: 'listCampaigns',
    summary: 'List campaigns',
    tag: 'Campaigns',
    scope: 'referrals:read',
    returns: Type.Object({ campaigns: Type.Array(CampaignObject) }),
    async handle({ core, site }) {
      const campaigns = await listReferralCampaigns(core, site);
      const at = new Date(core.clock.now());
      return { campaigns: campaigns.map((campaign) => presentCampaign(campaign, site, at)) };
    },
  });
}

const STATUS = {
  live: 'Live',
  test: 'Test',
  disabled: 'Disabled',
  scheduled: 'Scheduled',
  ended: 'Disabled',
} as const;

export function presentCampaign(campaign: ReferralCampaign, site: Site, at: Date): Static<typeof CampaignObject> {
  const { settings } = campaign;
  const state = stateAt(campaign, at);
  return {
    id: campaign.id,
    slug: campaign.slug,
    name: campaign.name,
    type: campaign.kind,
    status: STATUS[state],
    is_active: state === 'live',
    appearance: 'inline',
    joinable_category_names: settings.joinableBy,
    tag_names: campaign.tags,
    origin_min_age: settings.originMinAge ?? null,
    origin_max_age: settings.originMaxAge ?? null,
    live_period: {
      starts_at: presentTimeOrNull(campaign.startsAt, site.timeZone),
      ends_at: presentTimeOrNull(campaign.endsAt, site.timeZone),
    },
  };
}
