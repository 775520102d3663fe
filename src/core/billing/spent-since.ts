import { sql } from 'kysely';
import type { Unit } from '#core/billing/units.js';
import type { Db } from '#core/core.js';

/** What an account was charged since then, and what it holds for what began since then; minor units. */
export async function spentSince(
  db: Db,
  { accountId, since, unit }: { accountId: string; since: Date; unit?: Unit | undefined },
): Promise<number> {
  const { rows } = await sql<{ spent: number }>`
    select coalesce(-sum(e.amount), 0)::bigint as spent
    from ledger_entries e
    where e.account_id = ${accountId} and e.created_at >= ${since} and e.kind in ('hold', 'charge')
      and (e.unit = ${unit ?? null} or ${unit ?? null}::text is null)
      and not (e.kind = 'hold' and exists (
        select from ledger_entries r
        where r.account_id = e.account_id and r.reference = e.reference and r.kind = 'release'))`.execute(db);
  return rows[0]?.spent ?? 0;
}
