import Type from 'typebox';
import { CampaignBody, ManagedCampaignObject, NewCampaignBody } from '#apis/referrals/manage-campaign-schemas.js';
import { PageQuery, pageOf } from '#apis/referrals/manage-schemas.js';
import { presentTime } from '#apis/referrals/present-time.js';
import type { SiteTable } from '#apis/referrals/site-table.js';
import type { Core } from '#core/core.js';
import {
  findReferralCampaign,
  listReferralCampaigns,
  removeReferralCampaign,
  type ReferralCampaign,
} from '#core/referral-campaigns/index.js';
import { readCampaignDocuments, saveCampaignDocument } from '#core/site-documents/index.js';
import type { Site } from '#core/sites/index.js';

const tag = 'Manage';
const Params = Type.Object({ slug: Type.String({ maxLength: 100 }) });
const Returned = Type.Object({ campaign: ManagedCampaignObject });

/** Campaigns as they are set up. */
export function manageCampaignRoutes(table: SiteTable): void {
  table.get('/manage/campaigns', {
    id: 'listManagedCampaigns',
    summary: 'List campaigns with all that is set in them',
    tag,
    scope: 'referrals:read',
    query: Type.Object(PageQuery),
    returns: Type.Object({ campaigns: Type.Array(ManagedCampaignObject), total: Type.Integer() }),
    async handle({ core, site, query }) {
      const all = await listReferralCampaigns(core, site);
      return { campaigns: await presentAll(core, site, pageOf(all, query)), total: all.length };
    },
  });

  table.post('/manage/campaigns', {
    id: 'createCampaign',
    summary: 'Make a campaign',
    tag,
    scope: 'referrals:write',
    body: NewCampaignBody,
    status: 201,
    returns: Returned,
    async handle({ core, site, body, auth }) {
      const { campaign } = await saveCampaignDocument(core, site, documentIn(body), { actor: auth.keyId, as: 'new' });
      return { campaign: await present(core, site, campaign) };
    },
  });

  table.get('/manage/campaigns/:slug', {
    id: 'getManagedCampaign',
    summary: 'A campaign with all that is set in it',
    tag,
    scope: 'referrals:read',
    params: Params,
    returns: Returned,
    handle: async ({ core, site, params }) => ({
      campaign: await present(core, site, await findReferralCampaign(core, site, params.slug)),
    }),
  });

  table.put('/manage/campaigns/:slug', {
    id: 'putCampaign',
    summary: 'Make a campaign this, as a whole',
    description: 'What is left out has its default. A campaign that is not there yet is made.',
    tag,
    scope: 'referrals:write',
    params: Params,
    body: CampaignBody,
    returns: Returned,
    async handle({ core, site, params, body, auth }) {
      const document = { ...documentIn(body), slug: params.slug };
      const { campaign } = await saveCampaignDocument(core, site, document, { actor: auth.keyId });
      return { campaign: await present(core, site, campaign) };
    },
  });

  table.delete('/manage/campaigns/:slug', {
    id: 'removeCampaign',
    summary: 'Remove a campaign that nobody takes part in',
    description: 'One that somebody takes part in stays: disable it.',
    tag,
    scope: 'referrals:write',
    params: Params,
    returns: Type.Object({}),
    async handle({ core, site, params, auth }) {
      await removeReferralCampaign(core, site, params.slug, auth.keyId);
      return {};
    },
  });
}

/** Without what says which site it is for. */
export function documentIn(body: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== 'site_slug'));
}

async function present(
  core: Pick<Core, 'db'>,
  site: Site,
  campaign: ReferralCampaign,
): Promise<Record<string, unknown>> {
  const [shown = {}] = await presentAll(core, site, [campaign]);
  return shown;
}

async function presentAll(
  core: Pick<Core, 'db'>,
  site: Site,
  campaigns: readonly ReferralCampaign[],
): Promise<Record<string, unknown>[]> {
  const documents = await readCampaignDocuments(core, site, campaigns);
  return campaigns.map(({ id, createdAt, updatedAt }, index) => ({
    id,
    ...documents[index],
    created_at: presentTime(createdAt, site.timeZone),
    updated_at: presentTime(updatedAt, site.timeZone),
  }));
}
