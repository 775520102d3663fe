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
 * number, of whoever called the caller from it; undefined: of nobody.
 */
export async function findCalledNumber(
  core: Pick<Core, 'db'>,
  { mode, trunk, called, callsBack }: { mode: Mode; trunk: string; called: string; callsBack: string | undefined },
): Promise<CalledNumber | undefined> {
  const { rows } = await sql<CalledNumber>`
    select n.account_id as "accountId", n.id, n.number, p.name as phone
    from numbers n left join phones p on p.id = n.phone_id
    where n.number = ${called} and n.mode = ${mode} and (n.mode = 'test' or exists (
      select from trunks t where t.id = ${trunk} and (t.account_id is null or t.account_id = n.account_id)))`.execute(
    core.db,
  );
  if (rows.length < 2 || mode === 'live') return rows[0];
  const owners = rows.map(({ accountId }) => accountId);
  const { rows: callers } = await sql<{ account_id: string }>`
    select recent.account_id from unnest(${owners}::text[]) as owner (id)
    cross join lateral (
      select id, account_id from calls where account_id = owner.id and mode = ${mode} order by id desc limit ${RECENT}
    ) as recent
    join call_attempts a on a.call_id = recent.id
    where a.leg = ${callsBack ?? ''}`.execute(core.db);
  return rows.find(({ accountId }) => accountId === callers[0]?.account_id);
}

/** Whoever calls back does so soon: it was one of the account's last calls. */
const RECENT = 1000;
