import type { Transaction } from 'kysely';
import { newId } from '#core/ids.js';
import type { Mode, Tables } from '#core/tables.js';

export interface NewSuppression {
  accountId: string;
  mode: Mode;
  /** E.164. */
  address: string;
  /** How it came: `key` pressed in a call, later a text or the owner. */
  source: 'key';
  callId: string;
  at: Date;
}

/** Records an opt-out over voice and SMS (rule 3). False when the person had opted out already. */
export async function suppress(tx: Transaction<Tables>, input: NewSuppression): Promise<boolean> {
  const inserted = await tx
    .insertInto('suppressions')
    .values({
      id: newId('sup', input.at.getTime()),
      account_id: input.accountId,
      mode: input.mode,
      address: input.address,
      scope: 'outreach',
      channel: 'all',
      source: input.source,
      reason: null,
      call_id: input.callId,
      created_at: input.at,
      lifted_at: null,
      lifted_reason: null,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['account_id', 'mode', 'address', 'scope', 'channel'])
        .where('lifted_at', 'is', null)
        .doNothing(),
    )
    .executeTakeFirst();
  return (inserted.numInsertedOrUpdatedRows ?? 0n) > 0n;
}
