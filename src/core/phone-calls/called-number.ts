import { sql, type RawBuilder } from 'kysely';
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
  core: Pick<Core, 'db' | 'clock'>,
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
  if (callsBack === undefined) return undefined;
  const owners = rows.map(({ accountId }) => accountId);
  const now = core.clock.now();
  const since = new Date(now - CALLS_BACK_WITHIN_MS);
  const { rows: callers } = await whoCalled({ owners, called, leg: callsBack, since }).execute(core.db);
  return rows.find(({ accountId }) => accountId === callers[0]?.account_id);
}

/** Of all accounts that own a number, the one whose leg it was: of those that called from it since then. */
export function whoCalled(call: {
  owners: readonly string[];
  called: string;
  leg: string;
  since: Date;
}): RawBuilder<{ account_id: string }> {
  return sql<{ account_id: string }>`
    select recent.account_id from unnest(${call.owners}::text[]) as owner (id)
    cross join lateral (
      select id, account_id from calls
      where account_id = owner.id and mode = 'test' and from_number = ${call.called} and dialing_at >= ${call.since}
        and direction = 'out' and purpose in ('transactional', 'marketing')
      order by dialing_at desc limit ${RECENT}
    ) as recent
    join call_attempts a on a.call_id = recent.id
    where a.leg = ${call.leg}`;
}

/** Whoever calls back in the sandbox does so ten seconds after the call has rung in vain. */
const CALLS_BACK_WITHIN_MS = 10 * 60_000;
/** Of one account, in that time. */
const RECENT = 1000;
