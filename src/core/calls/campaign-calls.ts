import type { Transaction } from 'kysely';
import type { NewCall } from '#core/calls/place-call.js';
import type { Tables } from '#core/tables.js';

/** Rows in one statement. */
const BATCH = 500;

/** Writes calls that wait. Wake `calls` after the commit. */
export async function insertCalls(tx: Transaction<Tables>, calls: readonly NewCall[]): Promise<void> {
  for (let start = 0; start < calls.length; start += BATCH) {
    await tx
      .insertInto('calls')
      .values(calls.slice(start, start + BATCH))
      .execute();
  }
}

/**
 * Takes back the calls of a campaign that were never dialled, as if they had not been handed out. Gives the positions
 * of their recipients, whose try is not spent.
 */
export async function takeBackUndialled(tx: Transaction<Tables>, campaignId: string): Promise<number[]> {
  const rows = await tx
    .deleteFrom('calls')
    .where('campaign_id', '=', campaignId)
    .where('status', '=', 'queued')
    .where('attempts', '=', 0)
    .where('put_backs', '=', 0)
    .returning('recipient')
    .execute();
  return rows.flatMap(({ recipient }) => recipient ?? []);
}
