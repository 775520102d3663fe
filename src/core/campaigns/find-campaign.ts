import { campaignProgress, type CampaignProgress } from '#core/campaigns/campaign-stats.js';
import { toCampaign, type Campaign, type CampaignOwner, type CampaignRow } from '#core/campaigns/campaign.js';
import type { Core, Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { CampaignStatus } from '#core/tables.js';

/** @throws CoreError `campaign.not_found`, also for one of another account or mode */
export async function campaignRow(
  db: Db,
  { accountId, mode }: CampaignOwner,
  id: string,
  { lock = false } = {},
): Promise<CampaignRow> {
  let query = db
    .selectFrom('campaigns')
    .selectAll()
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .where('mode', '=', mode);
  if (lock) query = query.forUpdate();
  const row = await query.executeTakeFirst();
  if (row === undefined) throw new CoreError('campaign.not_found', `There is no campaign ${id}.`);
  return row;
}

export type CampaignStory = Campaign & { progress: CampaignProgress };

/** One campaign and how far it is. @throws CoreError `campaign.not_found` */
export async function findCampaign(
  core: Pick<Core, 'db' | 'clock'>,
  owner: CampaignOwner,
  id: string,
): Promise<CampaignStory> {
  const row = await campaignRow(core.db, owner, id);
  const campaign = toCampaign(row);
  const at = new Date(core.clock.now());
  const looked = { ...campaign, reason: row.reason, movedAt: row.moved_at };
  return { ...campaign, progress: await campaignProgress(core.db, looked, at) };
}

export interface CampaignFilter {
  status?: CampaignStatus | undefined;
  channel?: 'voice' | 'sms' | undefined;
  /** Continue after this id (newest first). */
  after?: string | undefined;
  limit: number;
}

/** Newest first; `next` is the cursor of the following page. */
export async function listCampaigns(
  core: Pick<Core, 'db'>,
  { accountId, mode }: CampaignOwner,
  filter: CampaignFilter,
): Promise<{ campaigns: Campaign[]; next: string | undefined }> {
  let query = core.db.selectFrom('campaigns').selectAll().where('account_id', '=', accountId).where('mode', '=', mode);
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.channel !== undefined) query = query.where('channel', '=', filter.channel);
  if (filter.after !== undefined) query = query.where('id', '<', filter.after);
  const rows = await query
    .orderBy('id', 'desc')
    .limit(filter.limit + 1)
    .execute();
  const campaigns = rows.slice(0, filter.limit).map(toCampaign);
  return { campaigns, next: rows.length > filter.limit ? campaigns.at(-1)?.id : undefined };
}
