import { toAccount, type Account } from '#core/accounts/account.js';
import { recordAudit } from '#core/accounts/audit.js';
import { changeKeys, type KeyAdmin } from '#core/accounts/key-changes.js';
import { CoreError } from '#core/errors.js';

export interface SetApiAccess {
  accountId: string;
  enabled: boolean;
  actor: string;
}

/** Switches an account's API off or on for all its keys. @throws CoreError `account.not_found` */
export async function setApiAccess(core: KeyAdmin, input: SetApiAccess): Promise<Account> {
  return changeKeys(core, async (tx) => {
    const row = await tx
      .updateTable('accounts')
      .set({ api_enabled: input.enabled })
      .where('id', '=', input.accountId)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw new CoreError('account.not_found', `There is no account "${input.accountId}".`);
    await recordAudit(tx, {
      accountId: row.id,
      actor: input.actor,
      action: input.enabled ? 'account.enable_api' : 'account.disable_api',
      subject: row.id,
      at: new Date(core.clock.now()),
    });
    return toAccount(row);
  });
}
