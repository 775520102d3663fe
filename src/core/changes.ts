import { sql, type Expression } from 'kysely';
import type { Core, Db } from '#core/core.js';

/**
 * How far a list of changes goes: nobody counts, or skips, millions again and again for whoever walks through them.
 * Whoever has come so far asks on from the last change that they have.
 */
export const CHANGES_MOST = 10_000;

/**
 * What may lie between the moment that a change takes for its own and the beginning of its transaction, milliseconds: as
 * long as a connection to the database may take to come, and more than the clocks of two servers differ.
 */
export const SETTLED_MS = 10_000;

/** From which change on: of this moment or later; with an id, those that come after this one of that very moment. */
export interface FromChange {
  at: Date;
  afterId?: string | undefined;
}

/**
 * Lists of changes end before this moment. What changed earlier is there to be seen, for every transaction that may still
 * write something earlier is over: whoever goes on from the last change that they have misses none. Ask for it before
 * the list. Who has only read for a minute (a backup, a report) is not waited for.
 */
export async function settledBefore({ db, clock }: Pick<Core, 'db' | 'clock'>): Promise<Date> {
  const now = clock.now();
  // By how long they take: the database's clock is not ours.
  const { rows } = await sql<{ ms: number }>`
    select coalesce(extract(epoch from max(clock_timestamp() - xact_start)) * 1000, 0)::double precision as ms
    from pg_stat_activity
    where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
      and (backend_xid is not null or xact_start > clock_timestamp() - interval '1 minute')`.execute(db);
  return new Date(now - SETTLED_MS - Math.ceil(rows[0]?.ms ?? 0));
}

/** In the order of moment and id, by an index of both. `before`: `settledBefore`. */
export function isFrom(
  moment: Expression<Date>,
  id: Expression<string>,
  { at, afterId }: FromChange,
  before: Date,
): Expression<boolean> {
  const from = afterId === undefined ? sql`${moment} >= ${at}` : sql`(${moment}, ${id}) > (${at}, ${afterId})`;
  return sql<boolean>`(${from} and ${moment} < ${before})`;
}

/** Which rows of a list of changes a page has, from 1: none after `CHANGES_MOST`. */
export function rowsOfPage({ page, pageSize }: { page: number; pageSize: number }): { offset: number; limit: number } {
  const offset = (page - 1) * pageSize;
  return { offset, limit: Math.max(0, Math.min(pageSize, CHANGES_MOST - offset)) };
}

/** How many there are, as far as lists of changes go. `rows`: at most `CHANGES_MOST` of them, in their order. */
export async function countChanges(db: Db, rows: Expression<unknown>): Promise<number> {
  const { rows: counted } = await sql<{ n: number }>`select count(*)::integer as n from ${rows} as changes`.execute(db);
  return counted[0]?.n ?? 0;
}
