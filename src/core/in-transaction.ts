import type { Transaction } from 'kysely';
import { setTimeout as pause } from 'node:timers/promises';
import type { Db } from '#core/core.js';
import type { Tables } from '#core/tables.js';

const TRIES = 3;
const LONGEST_PAUSE_MS = 50;
/**
 * Two transactions stood in each other's way: the database ended one of them, or both looked for what neither found and
 * then both wrote it. Another look sees what the other one did.
 */
const CROSSED: ReadonlySet<unknown> = new Set(['40001', '40P01', '23505']);

/**
 * Runs `work` in a transaction: in the one that `db` is already, when the caller opened it to make more things true
 * at once (a request with an Idempotency-Key does), otherwise in a new one. A new one that others stood in the way of is
 * undone and run again, so `work` changes nothing but the database.
 */
export async function inTransaction<T>(db: Db, work: (tx: Transaction<Tables>) => Promise<T>): Promise<T> {
  if (db.isTransaction) return work(db as Transaction<Tables>);
  for (let left = TRIES; ; left--) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (left === 1 || !CROSSED.has((error as { code?: unknown } | null)?.code)) throw error;
    }
    // Both of two that are run again at once would meet again.
    await pause(Math.random() * LONGEST_PAUSE_MS);
  }
}
