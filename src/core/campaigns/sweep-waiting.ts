import { sql, type Transaction } from 'kysely';
import { takeBackUndialled } from '#core/calls/index.js';
import type { CampaignRow } from '#core/campaigns/campaign.js';
import { takeBackUnsent } from '#core/messages/index.js';
import type { Tables } from '#core/tables.js';

/** Recipients in one transaction. */
const MOST_AT_ONCE = 20_000;

/** Takes back what was handed out and never left: those recipients wait again, and their try is not spent. */
export async function takeBack(tx: Transaction<Tables>, campaign: CampaignRow, at: Date): Promise<void> {
  const back = campaign.channel === 'voice' ? takeBackUndialled : takeBackUnsent;
  const positions = await back(tx, campaign.id);
  if (positions.length === 0) return;
  await tx
    .updateTable('campaign_recipients')
    .set((eb) => ({ status: 'waiting', tries: eb('tries', '-', 1), due_at: at, last_id: null }))
    .where('campaign_id', '=', campaign.id)
    .where('position', 'in', positions)
    .where('status', '=', 'active')
    .execute();
}

/**
 * Nobody who waits is tried any more. Who was tried before keeps what became of that. Gives whether there are more for
 * another transaction.
 */
export async function sweepWaiting(
  tx: Transaction<Tables>,
  campaign: CampaignRow,
  outcome: 'expired' | 'canceled',
  at: Date,
): Promise<boolean> {
  await takeBack(tx, campaign, at);
  const { numAffectedRows = 0n } = await sql`
    update campaign_recipients r
    set status = case when r.tries > 0 then 'done' else 'skipped' end,
      outcome = case when r.tries > 0 and r.outcome is not null then r.outcome else ${outcome} end,
      due_at = null, ended_at = ${at}
    from (
      select position from campaign_recipients
      where campaign_id = ${campaign.id} and status = 'waiting'
      order by due_at, position limit ${MOST_AT_ONCE}
    ) as waiting
    where r.campaign_id = ${campaign.id} and r.position = waiting.position and r.status = 'waiting'`.execute(tx);
  return numAffectedRows >= BigInt(MOST_AT_ONCE);
}
