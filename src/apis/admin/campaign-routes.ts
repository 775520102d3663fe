import Type from 'typebox';
import { AccountQuery, chosenAccount, Mode } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminRoutes } from '#apis/admin/admin-parts.js';
import { recordAudit } from '#core/accounts/index.js';
import {
  cancelCampaign,
  findCampaign,
  listCampaigns,
  pauseCampaign,
  resumeCampaign,
  type Campaign,
} from '#core/campaigns/index.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';

const CampaignQuery = Type.Object({ ...AccountQuery.properties, mode: Mode });
const Params = Type.Object({ id: Type.String() });
/** The newest. */
const SHOWN = 100;

type Change = (core: Core, owner: { accountId: string; mode: Campaign['mode'] }, id: string) => Promise<Campaign>;

export function addCampaignRoutes(table: AdminRoutes): void {
  table.get('/campaigns', {
    id: 'listCampaigns',
    summary: 'The newest campaigns of an account',
    query: CampaignQuery,
    handle: async ({ core, query }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const { campaigns } = await listCampaigns(core, { accountId, mode: query.mode }, { limit: SHOWN });
      return { campaigns: campaigns.map(presentCampaign) };
    },
  });

  table.get('/campaigns/:id', {
    id: 'showCampaign',
    summary: 'One campaign with its figures',
    query: CampaignQuery,
    params: Params,
    handle: async ({ core, query, params }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const { progress, ...campaign } = await findCampaign(core, { accountId, mode: query.mode }, params.id);
      return { ...presentCampaign(campaign), progress };
    },
  });

  const changes: Record<string, Change> = {
    pause: pauseCampaign,
    resume: resumeCampaign,
    cancel: (core, owner, id) => cancelCampaign(core, owner, id),
  };
  for (const [verb, change] of Object.entries(changes)) {
    table.post(`/campaigns/:id/${verb}`, {
      id: `${verb}Campaign`,
      summary: `Let a campaign ${verb === 'cancel' ? 'end' : verb}`,
      query: CampaignQuery,
      params: Params,
      handle: async ({ core, query, params }) => {
        const { id: accountId } = await chosenAccount(core, query);
        const at = new Date(core.clock.now());
        const campaign = await inTransaction(core.db, async (tx) => {
          const changed = await change({ ...core, db: tx }, { accountId, mode: query.mode }, params.id);
          await recordAudit(tx, { accountId, actor: ACTOR, action: `campaign.${verb}`, subject: params.id, at });
          return changed;
        });
        // The first wake-up came before the commit.
        core.wake.campaigns();
        core.wake.deliveries();
        return presentCampaign(campaign);
      },
    });
  }
}

function presentCampaign({ id, name, status, channel, purpose, total, createdAt }: Campaign) {
  return { id, name, status, channel, purpose, total, created_at: createdAt };
}
