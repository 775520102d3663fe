import { recordAudit } from '#core/accounts/audit.js';
import { outreachSettings, readSetting, type OutreachSetting } from '#core/accounts/outreach-policy.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';

export interface SetOutreachPolicy {
  accountId: string;
  name: string;
  /** As written on a command line; null: back to the default. */
  value: string | null;
  actor: string;
}

/** @throws CoreError `account.not_found` */
export async function listOutreachPolicy(core: Pick<Core, 'db'>, accountId: string): Promise<OutreachSetting[]> {
  const row = await core.db
    .selectFrom('accounts')
    .select('outreach_policy')
    .where('id', '=', accountId)
    .executeTakeFirst();
  if (row === undefined) throw notFound(accountId);
  return outreachSettings(row.outreach_policy);
}

/** @throws CoreError `account.unknown_setting`, `account.bad_input`, `account.not_found` */
export async function setOutreachPolicy(
  core: Pick<Core, 'db' | 'clock'>,
  input: SetOutreachPolicy,
): Promise<OutreachSetting> {
  const { name, value } = readSetting(input.name, input.value);
  return inTransaction(core.db, async (tx) => {
    const before = await tx
      .selectFrom('accounts')
      .select('outreach_policy')
      .where('id', '=', input.accountId)
      .forUpdate()
      .executeTakeFirst();
    if (before === undefined) throw notFound(input.accountId);
    const policy: Record<string, unknown> = { ...before.outreach_policy };
    if (value === null) delete policy[name];
    else policy[name] = value;
    await tx
      .updateTable('accounts')
      .set({ outreach_policy: JSON.stringify(policy) })
      .where('id', '=', input.accountId)
      .execute();
    await recordAudit(tx, {
      accountId: input.accountId,
      actor: input.actor,
      action: 'account.set_policy',
      subject: input.accountId,
      details: { name, from: before.outreach_policy[name] ?? null, to: value },
      at: new Date(core.clock.now()),
    });
    const setting = outreachSettings(policy).find((known) => known.name === name);
    if (setting === undefined) throw new Error(`the setting ${name} was set but is not known`);
    return setting;
  });
}

function notFound(accountId: string): CoreError {
  return new CoreError('account.not_found', `There is no account "${accountId}".`);
}
