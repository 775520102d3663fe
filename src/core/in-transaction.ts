import type { Transaction } from 'kysely';
import type { Db } from '#core/core.js';
import type { Tables } from '#core/tables.js';

/**
 * Runs `work` in a transaction: in the one that `db` is already, when the caller opened it to make more things true
 * at once (a request with an Idempotency-Key does), otherwise in a new one.
 */
export function inTransaction<T>(db: Db, work: (tx: Transaction<Tables>) => Promise<T>): Promise<T> {
  return db.isTransaction ? work(db as Transaction<Tables>) : db.transaction().execute(work);
}
