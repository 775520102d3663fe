import type { Transaction } from 'kysely';
import { withdrawCall } from '#core/calls/index.js';
import { recordCampaignEvent } from '#core/campaigns/campaign-events.js';
import { toCampaign, type Campaign, type CampaignOwner, type CampaignRow } from '#core/campaigns/campaign.js';
import { checkSpeaker, speakingOf } from '#core/campaigns/check-senders.js';
import { campaignRow } from '#core/campaigns/find-campaign.js';
import { sweepWaiting, takeBack } from '#core/campaigns/sweep-waiting.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import type { CampaignStatus, Tables } from '#core/tables.js';

/** Why a campaign is over before its time, in its answers. */
const CANCELED = 'It was canceled on request.';

type StatesCore = Pick<Core, 'db' | 'clock' | 'wake'>;
type Change = Partial<
  Pick<CampaignRow, 'status' | 'loading' | 'starts_at' | 'next_at' | 'reason' | 'ended_at' | 'moved_at'>
>;

/**
 * A draft begins at the time it has, a scheduled one at once.
 * @throws CoreError `campaign.not_found`, `campaign.wrong_state`, `campaign.no_caller_name`,
 * `campaign.sender_not_registered`
 */
export function startCampaign(core: StatesCore, owner: CampaignOwner, id: string): Promise<Campaign> {
  return change(core, owner, id, ['draft', 'scheduled'], async (tx, row, at) => {
    if (row.recipients === 0 && !row.loading) throw wrong(row, 'It has no recipients.');
    await checkSpeaker(tx, speakingOf(row));
    const startsAt = row.status === 'draft' && row.starts_at !== null && row.starts_at > at ? row.starts_at : at;
    return write(tx, row, { status: 'scheduled', starts_at: startsAt, next_at: row.loading ? at : startsAt });
  });
}

/** Nobody new is called or texted; what is on its way goes on. @throws CoreError as `startCampaign` does */
export function pauseCampaign(core: StatesCore, owner: CampaignOwner, id: string): Promise<Campaign> {
  return change(core, owner, id, ['scheduled', 'running'], async (tx, row, at) => {
    await takeBack(tx, row, at);
    const paused = await write(tx, row, { status: 'paused', reason: null, next_at: row.loading ? at : row.ends_at });
    await recordCampaignEvent(tx, paused, 'campaign.paused', at);
    return paused;
  });
}

/** @throws CoreError as `startCampaign` does */
export function resumeCampaign(core: StatesCore, owner: CampaignOwner, id: string): Promise<Campaign> {
  return change(core, owner, id, ['paused'], async (tx, row, at) => {
    await checkSpeaker(tx, speakingOf(row));
    return write(tx, row, {
      status: row.started_at === null ? 'scheduled' : 'running',
      next_at: at,
      moved_at: at,
    });
  });
}

/**
 * Ends it for good: whoever waits is not tried any more. Calls in progress go on, unless they are to be hung up, which
 * takes a moment. @throws CoreError as `startCampaign` does
 */
export async function cancelCampaign(
  core: StatesCore & Pick<Core, 'hangUp'>,
  owner: CampaignOwner,
  id: string,
  { hangUp = false }: { hangUp?: boolean | undefined } = {},
): Promise<Campaign> {
  const conducted: string[] = [];
  const campaign = await change(core, owner, id, ['draft', 'scheduled', 'running', 'paused'], async (tx, row, at) => {
    await sweepWaiting(tx, row, 'canceled', at);
    if (hangUp && row.channel === 'voice') {
      for (const call of await callsUnderWay(tx, id)) {
        if ((await withdrawCall(tx, call, at)) === 'hang_up') conducted.push(call);
      }
    }
    const canceled = await write(tx, row, {
      ...{ status: 'canceled', loading: false, reason: CANCELED, ended_at: at },
      // More to sweep, or somebody on the way.
      next_at: at,
    });
    await recordCampaignEvent(tx, canceled, 'campaign.canceled', at);
    return canceled;
  });
  for (const call of conducted) core.hangUp(call);
  return campaign;
}

async function callsUnderWay(tx: Transaction<Tables>, campaignId: string): Promise<string[]> {
  const rows = await tx
    .selectFrom('campaign_recipients')
    .select('last_id')
    .where('campaign_id', '=', campaignId)
    .where('status', '=', 'active')
    .execute();
  return rows.flatMap(({ last_id }) => last_id ?? []).sort();
}

async function change(
  core: StatesCore,
  owner: CampaignOwner,
  id: string,
  from: readonly CampaignStatus[],
  make: (tx: Transaction<Tables>, row: CampaignRow, at: Date) => Promise<CampaignRow>,
): Promise<Campaign> {
  const at = new Date(core.clock.now());
  const row = await inTransaction(core.db, async (tx) => {
    const found = await campaignRow(tx, owner, id, { lock: true });
    if (!from.includes(found.status)) throw wrong(found, `It is ${found.status}, and not ${from.join(' or ')}.`);
    return make(tx, found, at);
  });
  core.wake.campaigns();
  core.wake.deliveries();
  return toCampaign(row);
}

export function wrong({ name }: CampaignRow, sentence: string): CoreError {
  return new CoreError('campaign.wrong_state', `The campaign ${JSON.stringify(name)}: ${sentence}`);
}

async function write(tx: Transaction<Tables>, { id }: CampaignRow, set: Change): Promise<CampaignRow> {
  return tx.updateTable('campaigns').set(set).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
}
