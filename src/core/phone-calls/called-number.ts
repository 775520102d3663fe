import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import type { Mode } from '#core/tables.js';

export interface CalledNumber {
  accountId: string;
  id: number;
  /** E.164. */
  number: string;
  /** The name of the phone that has it. */
  phone: string | null;
}

/**
 * Whose number was called: its owner's, through a trunk that is theirs or everybody's. In the sandbox, where many own one
 * number, of whoever called this caller last from it.
 */
export async function findCalledNumber(
  core: Pick<Core, 'db'>,
  { mode, trunk, called, caller }: { mode: Mode; trunk: string; called: string; caller: string | undefined },
): Promise<CalledNumber | undefined> {
  const { rows } = await sql<CalledNumber>`
    select n.account_id as "accountId", n.id, n.number, p.name as phone
    from numbers n left join phones p on p.id = n.phone_id
    where n.number = ${called} and n.mode = ${mode} and (n.mode = 'test' or exists (
      select from trunks t where t.id = ${trunk} and (t.account_id is null or t.account_id = n.account_id)))`.execute(
    core.db,
  );
  if (rows.length < 2 || mode === 'live') return rows[0];
  const last = await core.db
    .selectFrom('calls')
    .select('account_id')
    .where('mode', '=', mode)
    .where(
      'account_id',
      'in',
      rows.map(({ accountId }) => accountId),
    )
    .where('to_number', '=', caller ?? '')
    .where('from_number', '=', called)
    .orderBy('id', 'desc')
    .executeTakeFirst();
  return rows.find(({ accountId }) => accountId === last?.account_id) ?? rows[0];
}
