import type { Transaction } from 'kysely';
import { wrong } from '#core/campaigns/campaign-states.js';
import { toCampaign, type Campaign, type CampaignOwner } from '#core/campaigns/campaign.js';
import {
  checkHours,
  checkName,
  checkOpens,
  checkPace,
  checkTimes,
  type CampaignPlan,
} from '#core/campaigns/check-campaign.js';
import { campaignRow } from '#core/campaigns/find-campaign.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import type { Tables } from '#core/tables.js';

/** What is not named stays as it is. */
export type CampaignChange = Pick<
  CampaignPlan,
  'callingHours' | 'callsPerSecond' | 'maxConcurrent' | 'startAt' | 'endAt'
> & { name?: string | undefined };

/**
 * Changes a campaign that is not running: a draft, a scheduled or a paused one.
 * @throws CoreError `campaign.not_found`, `campaign.wrong_state`, `campaign.bad_input`
 */
export async function updateCampaign(
  core: Pick<Core, 'db' | 'clock' | 'wake'>,
  owner: CampaignOwner,
  id: string,
  change: CampaignChange,
): Promise<Campaign> {
  const at = core.clock.now();
  const campaign = await inTransaction(core.db, async (tx) => {
    const row = await campaignRow(tx, owner, id, { lock: true });
    if (row.status !== 'draft' && row.status !== 'paused' && row.status !== 'scheduled') {
      throw wrong(row, `It is ${row.status}; pause it first.`);
    }
    if (change.name !== undefined) checkName(change.name);
    const endAt = change.endAt ?? row.ends_at ?? undefined;
    const startAt =
      change.startAt ?? (row.starts_at !== null && row.starts_at.getTime() > at ? row.starts_at : undefined);
    checkTimes({ startAt, endAt }, at);
    checkPace(change);
    const hours =
      change.callingHours === undefined
        ? (row.calling_hours ?? undefined)
        : checkHours({ ...change, purpose: row.purpose });
    checkOpens(core, { startAt, endAt }, hours);
    const startsAt = change.startAt ?? row.starts_at;
    const updated = await tx
      .updateTable('campaigns')
      .set({
        ...(change.name === undefined ? {} : { name: change.name.trim() }),
        ...(hours === undefined ? {} : { calling_hours: JSON.stringify(hours) }),
        ...(change.callsPerSecond === undefined ? {} : { calls_per_second: change.callsPerSecond }),
        ...(change.maxConcurrent === undefined ? {} : { max_concurrent: change.maxConcurrent }),
        starts_at: startsAt,
        ends_at: endAt ?? null,
        ...(row.status === 'scheduled' && row.next_at !== null && !row.loading
          ? { next_at: startsAt ?? new Date(at) }
          : {}),
        ...(row.status === 'paused' && !row.loading ? { next_at: endAt ?? null } : {}),
      })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow();
    // Hours may be open earlier now: everybody is looked at anew when they begin.
    if (change.callingHours !== undefined || change.startAt !== undefined) await dueAnew(tx, id, startsAt);
    return toCampaign(updated);
  });
  core.wake.campaigns();
  return campaign;
}

/** Who was not tried yet is due from the start on; the feeder sends those to later whose hours are closed. */
async function dueAnew(tx: Transaction<Tables>, id: string, startsAt: Date | null): Promise<void> {
  await tx
    .updateTable('campaign_recipients')
    .set({ due_at: startsAt ?? new Date(0) })
    .where('campaign_id', '=', id)
    .where('status', '=', 'waiting')
    .where('tries', '=', 0)
    .execute();
}

/**
 * Deletes an ended campaign or a draft with its recipients; its calls and texts stay, and belong to none.
 * @throws CoreError `campaign.not_found`, `campaign.wrong_state`
 */
export async function deleteCampaign(core: Pick<Core, 'db'>, owner: CampaignOwner, id: string): Promise<void> {
  await inTransaction(core.db, async (tx) => {
    const row = await campaignRow(tx, owner, id, { lock: true });
    const over = (row.status === 'completed' || row.status === 'canceled') && row.next_at === null;
    if (!over && row.status !== 'draft') throw wrong(row, 'It has not ended yet; cancel it first.');
    if (row.loading) throw wrong(row, 'Its recipients are still being loaded.');
    await tx.deleteFrom('campaigns').where('id', '=', id).execute();
  });
}
