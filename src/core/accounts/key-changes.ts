import { sql, type Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import type { Tables } from '#core/tables.js';

/** The NOTIFY channel on which processes tell each other that what they remember of keys is out of date. */
export const KEYS_CHANNEL = 'keys';

/** What the acts need that change what a key may do. */
export type KeyAdmin = Pick<Core, 'db' | 'clock' | 'keyRing'>;

/** Runs `work` in a transaction; with its commit all processes forget what they remember, this one before it returns. */
export async function changeKeys<T>(core: KeyAdmin, work: (tx: Transaction<Tables>) => Promise<T>): Promise<T> {
  const result = await inTransaction(core.db, async (tx) => {
    const done = await work(tx);
    await sql`select pg_notify(${KEYS_CHANNEL}, '')`.execute(tx);
    return done;
  });
  core.keyRing.forget();
  return result;
}
