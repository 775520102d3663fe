import type { Core } from '#core/core.js';
import type { Mode } from '#core/tables.js';

export interface NumberOwner {
  accountId: string;
  /** Where the number rings. */
  phoneId: string | null;
}

/** Whose live number this is in the whole installation: for a call that comes in, or stays inside. */
export async function findNumberOwner(core: Pick<Core, 'db'>, number: string): Promise<NumberOwner | undefined> {
  const row = await core.db
    .selectFrom('numbers')
    .select(['account_id', 'phone_id'])
    .where('number', '=', number)
    .where('mode', '=', 'live')
    .executeTakeFirst();
  return row && { accountId: row.account_id, phoneId: row.phone_id };
}

/** Whether the account may call from this number in this mode. */
export async function ownsNumber(
  core: Pick<Core, 'db'>,
  input: { accountId: string; mode: Mode; number: string },
): Promise<boolean> {
  const row = await core.db
    .selectFrom('numbers')
    .select('number')
    .where('account_id', '=', input.accountId)
    .where('mode', '=', input.mode)
    .where('number', '=', input.number)
    .executeTakeFirst();
  return row !== undefined;
}
