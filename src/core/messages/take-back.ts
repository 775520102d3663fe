import type { Transaction } from 'kysely';
import { noPartTaken } from '#core/messages/set-aside.js';
import type { Tables } from '#core/tables.js';

/**
 * Takes back the texts of a campaign that no carrier was given, as if they had not been handed out. Gives the positions
 * of their recipients, whose try is not spent.
 */
export async function takeBackUnsent(tx: Transaction<Tables>, campaignId: string): Promise<number[]> {
  const rows = await tx
    .deleteFrom('messages')
    .where('campaign_id', '=', campaignId)
    .where('status', '=', 'queued')
    .where('node_id', 'is', null)
    .where('attempts', '=', 0)
    .where(noPartTaken)
    .returning('recipient')
    .execute();
  return rows.flatMap(({ recipient }) => recipient ?? []);
}
