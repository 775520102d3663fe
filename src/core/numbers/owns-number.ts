import type { Core } from '#core/core.js';
import type { Mode } from '#core/tables.js';

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
