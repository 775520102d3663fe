import type { Transaction } from 'kysely';
import type { Tables } from '#core/tables.js';

/** Nobody erases these people until the transaction ends. In the order of their ids, as everywhere. */
export async function holdPeople(tx: Transaction<Tables>, ids: readonly number[]): Promise<void> {
  await tx.selectFrom('site_people').select('id').where('id', 'in', ids).orderBy('id').forKeyShare().execute();
}
