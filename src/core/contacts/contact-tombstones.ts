import { sql, type Selectable } from 'kysely';
import type { ContactOwner } from '#core/contacts/contact.js';
import { CHANGES_MOST, countChanges, isFrom, rowsOfPage, settledBefore, type FromChange } from '#core/changes.js';
import type { Core } from '#core/core.js';
import type { ContactTombstoneTable } from '#core/tables.js';

/** A contact that was removed. */
export interface Tombstone {
  id: string;
  externalId: string | undefined;
  deletedAt: Date;
}

/**
 * Those that were removed then or later, in that order, for whoever keeps a copy (rule 24), as far as nothing earlier can
 * come any more. `after`: the one before.
 */
export async function listTombstones(
  core: Pick<Core, 'db' | 'clock'>,
  { accountId, mode }: ContactOwner,
  { since, after, limit }: { since?: Date | undefined; after?: string | undefined; limit: number },
): Promise<{ tombstones: Tombstone[]; next: string | undefined }> {
  const before = await settledBefore(core);
  let query = core.db
    .selectFrom('contact_tombstones')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('deleted_at', '<', before);
  if (since !== undefined) query = query.where('deleted_at', '>=', since);
  if (after !== undefined) {
    query = query.where(
      sql<boolean>`(deleted_at, id) > (select deleted_at, id from contact_tombstones where id = ${after})`,
    );
  }
  const rows = await query
    .orderBy('deleted_at')
    .orderBy('id')
    .limit(limit + 1)
    .execute();
  const tombstones = rows.slice(0, limit).map(toTombstone);
  return { tombstones, next: rows.length > limit ? tombstones.at(-1)?.id : undefined };
}

/** The same by pages, and how many there are, as far as lists of changes go. */
export async function pageTombstones(
  core: Pick<Core, 'db' | 'clock'>,
  { accountId, mode }: ContactOwner,
  { from, page, pageSize }: { from: FromChange; page: number; pageSize: number },
): Promise<{ items: Tombstone[]; total: number }> {
  const before = await settledBefore(core);
  const ordered = core.db
    .selectFrom('contact_tombstones')
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where(isFrom(sql.ref('deleted_at'), sql.ref('id'), from, before))
    .orderBy('deleted_at')
    .orderBy('id');
  const total = await countChanges(core.db, ordered.select('id').limit(CHANGES_MOST));
  const { offset, limit } = rowsOfPage({ page, pageSize });
  const rows = await ordered.selectAll().limit(limit).offset(offset).execute();
  return { items: rows.map(toTombstone), total };
}

function toTombstone(row: Selectable<ContactTombstoneTable>): Tombstone {
  return { id: row.id, externalId: row.external_id ?? undefined, deletedAt: row.deleted_at };
}
