import type { Core } from '#core/core.js';
import { presentNumber, selectNumbers, type NumberKind, type OwnedNumber } from '#core/numbers/number-store.js';
import type { Mode } from '#core/tables.js';

/** The account's numbers, in the order of their digits; of one mode and one kind when given. */
export async function listNumbers(
  core: Pick<Core, 'db'>,
  input: { accountId: string; mode?: Mode; kind?: NumberKind },
): Promise<OwnedNumber[]> {
  let query = selectNumbers(core.db).where('numbers.account_id', '=', input.accountId);
  if (input.mode !== undefined) query = query.where('numbers.mode', '=', input.mode);
  if (input.kind !== undefined) query = query.where('numbers.kind', '=', input.kind);
  const rows = await query.orderBy('numbers.number').orderBy('numbers.mode').execute();
  return rows.map(presentNumber);
}
