import { recordAudit } from '#core/accounts/index.js';
import { parseE164 } from '#core/address.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { forgetNumber } from '#core/routing/index.js';
import type { Mode } from '#core/tables.js';

/**
 * Takes a number away from an account, its own or one that was verified, and forgets where it leads. Calls in progress and
 * past calls are not touched. Groups that show it show `replacement`.
 * @throws CoreError `number.not_found`, `routing.in_use`, `routing.bad_input`
 */
export async function removeNumber(
  core: Pick<Core, 'db' | 'clock'>,
  input: { accountId: string; mode: Mode; number: string; replacement?: string | undefined; actor: string },
): Promise<void> {
  const { accountId, mode, actor } = input;
  const number = parseE164(input.number) ?? input.number.trim();
  await inTransaction(core.db, async (tx) => {
    const { replacement: other } = input;
    const replacement = other === undefined ? undefined : (parseE164(other) ?? other.trim());
    await forgetNumber({ db: tx, clock: core.clock }, { accountId, mode, number, replacement, author: actor });
    const take = async (table: 'numbers' | 'verified_numbers'): Promise<boolean> => {
      const { numDeletedRows } = await tx
        .deleteFrom(table)
        .where('account_id', '=', accountId)
        .where('mode', '=', mode)
        .where('number', '=', number)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    };
    if (!(await take('numbers')) && !(await take('verified_numbers'))) {
      throw new CoreError('number.not_found', `The account has no ${mode} number ${number}.`, { field: 'number' });
    }
    const at = new Date(core.clock.now());
    await recordAudit(tx, { accountId, actor, action: 'number.remove', subject: number, details: { mode }, at });
  });
}
