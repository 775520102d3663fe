import { toAccount, type Account } from '#core/accounts/account.js';
import { recordAudit } from '#core/accounts/audit.js';
import { changeKeys, type KeyAdmin } from '#core/accounts/key-changes.js';
import { isLimitName, LIMIT_NAMES, limitOf } from '#core/accounts/limits.js';
import { CoreError } from '#core/errors.js';

export interface SetLimit {
  accountId: string;
  name: string;
  /** A whole number; null: back to the default. */
  value: number | null;
  actor: string;
}

/** @throws CoreError `account.unknown_limit`, `account.bad_input`, `account.not_found` */
export async function setLimit(core: KeyAdmin, input: SetLimit): Promise<Account> {
  const { name, value } = input;
  if (!isLimitName(name)) {
    throw new CoreError('account.unknown_limit', `There is no limit "${name}"; there are ${LIMIT_NAMES.join(', ')}.`, {
      field: 'name',
    });
  }
  const { least = 0, most } = limitOf(name);
  if (value !== null && (!Number.isInteger(value) || value < least || value > most)) {
    throw new CoreError('account.bad_input', `${name} takes a whole number from ${least} to ${most}.`, {
      field: 'value',
    });
  }
  return changeKeys(core, async (tx) => {
    const before = await tx
      .selectFrom('accounts')
      .select('limits')
      .where('id', '=', input.accountId)
      .forUpdate()
      .executeTakeFirst();
    if (before === undefined) throw new CoreError('account.not_found', `There is no account "${input.accountId}".`);
    const limits = { ...before.limits };
    if (value === null) delete limits[name];
    else limits[name] = value;
    const row = await tx
      .updateTable('accounts')
      .set({ limits: JSON.stringify(limits) })
      .where('id', '=', input.accountId)
      .returningAll()
      .executeTakeFirstOrThrow();
    await recordAudit(tx, {
      accountId: row.id,
      actor: input.actor,
      action: 'account.set_limit',
      subject: row.id,
      details: { name, from: before.limits[name] ?? null, to: value },
      at: new Date(core.clock.now()),
    });
    return toAccount(row);
  });
}
