import { recordAudit } from '#core/accounts/audit.js';
import { toAccount, type Account } from '#core/accounts/account.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';

/** In development an account calls and texts nobody but its own and verified numbers. */
export const STAGES = ['development', 'production'] as const;
export type Stage = (typeof STAGES)[number];

/** @throws CoreError `account.not_found` */
export async function setStage(
  core: Pick<Core, 'db' | 'clock'>,
  input: { accountId: string; stage: Stage; actor: string },
): Promise<Account> {
  return inTransaction(core.db, async (tx) => {
    const row = await tx
      .updateTable('accounts')
      .set({ stage: input.stage })
      .where('id', '=', input.accountId)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw new CoreError('account.not_found', `There is no account "${input.accountId}".`);
    await recordAudit(tx, {
      ...{ accountId: row.id, actor: input.actor, action: 'account.set_stage', subject: row.id },
      ...{ details: { stage: input.stage }, at: new Date(core.clock.now()) },
    });
    return toAccount(row);
  });
}

/** @throws CoreError `account.not_found` */
export async function findStage(core: Pick<Core, 'db'>, accountId: string): Promise<Stage> {
  const row = await core.db.selectFrom('accounts').select('stage').where('id', '=', accountId).executeTakeFirst();
  if (row === undefined) throw new CoreError('account.not_found', `There is no account "${accountId}".`);
  return row.stage;
}
