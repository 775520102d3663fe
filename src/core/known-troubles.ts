import type { Transaction } from 'kysely';
import type { Tables } from '#core/tables.js';

/** What may be in trouble. One thing is in each kind of it once. */
export interface Troubled {
  /** One of `core/trouble`. */
  kind: string;
  /** The id of what is in trouble; of a disk, its folder. */
  subject: string;
}

/**
 * Writes down that it is. False: it was known.
 * @param again What has been known since before this moment counts as new.
 */
export async function beginTrouble(
  tx: Transaction<Tables>,
  { kind, subject, accountId }: Troubled & { accountId: string | null },
  at: Date,
  again?: Date,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('troubles')
    .values({ kind, subject, account_id: accountId, since: at })
    .onConflict((conflict) =>
      again === undefined
        ? conflict.doNothing()
        : conflict.columns(['kind', 'subject']).doUpdateSet({ since: at }).where('troubles.since', '<', again),
    )
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** Gives since when it was; undefined: nobody knew of any. */
export async function endTrouble(
  tx: Transaction<Tables>,
  { kind, subject }: Troubled,
): Promise<{ since: Date } | undefined> {
  return tx
    .deleteFrom('troubles')
    .where('kind', '=', kind)
    .where('subject', '=', subject)
    .returning('since')
    .executeTakeFirst();
}
