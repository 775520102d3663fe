import { recordAudit } from '#core/accounts/index.js';
import { blockedNumberNotFound, type BlockedNumberOwner } from '#core/blocked-numbers/find-blocked-number.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';

export interface UnblockNumber extends BlockedNumberOwner {
  id: number;
  actor: string;
}

/** @throws CoreError `blocked_number.not_found`, also for one of another account or mode */
export async function unblockNumber(core: Pick<Core, 'db' | 'clock'>, input: UnblockNumber): Promise<void> {
  const { accountId, mode, id, actor } = input;
  const at = new Date(core.clock.now());
  await inTransaction(core.db, async (tx) => {
    const row = await tx
      .deleteFrom('blocked_numbers')
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .returning('id')
      .executeTakeFirst();
    if (row === undefined) throw blockedNumberNotFound(id);
    await recordAudit(tx, { accountId, actor, action: 'number.unblock', subject: String(id), details: { mode }, at });
  });
}
