import { recordAudit } from '#core/accounts/index.js';
import { parseE164 } from '#core/address.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import type { Mode } from '#core/tables.js';

/** Takes a number away from an account. Calls in progress and past calls are not touched. */
export async function removeNumber(
  core: Pick<Core, 'db' | 'clock'>,
  input: { accountId: string; mode: Mode; number: string; actor: string },
): Promise<void> {
  const { accountId, mode, actor } = input;
  const number = parseE164(input.number) ?? input.number.trim();
  await inTransaction(core.db, async (tx) => {
    const result = await tx
      .deleteFrom('numbers')
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .where('number', '=', number)
      .executeTakeFirst();
    if (result.numDeletedRows === 0n) {
      throw new CoreError('number.not_found', `The account has no ${mode} number ${number}.`, { field: 'number' });
    }
    const at = new Date(core.clock.now());
    await recordAudit(tx, { accountId, actor, action: 'number.remove', subject: number, details: { mode }, at });
  });
}
