import { sql } from 'kysely';
import { CHANGES_MOST, countChanges, isFrom, rowsOfPage, settledBefore, type FromChange } from '#core/changes.js';
import { toContact, type Contact, type ContactOwner } from '#core/contacts/contact.js';
import { wishedContacts, type ContactWish } from '#core/contacts/find-contact.js';
import type { Core } from '#core/core.js';

/**
 * One page, the oldest first, and how many there are on all; with `from` in the order of changes, and counted as far as
 * lists of changes go. @throws CoreError `contact.bad_input`
 */
export async function pageContacts(
  core: Pick<Core, 'db' | 'clock'>,
  owner: ContactOwner,
  { page, pageSize, from, ...wish }: ContactWish & { page: number; pageSize: number; from?: FromChange | undefined },
): Promise<{ items: Contact[]; total: number }> {
  const { query: wished } = await wishedContacts(core, owner, wish);
  const query = wished.clearSelect();
  if (from !== undefined) {
    const [moment, id] = [sql.ref<Date>('updated_at'), sql.ref<string>('id')];
    const changed = query.where(isFrom(moment, id, from, await settledBefore(core)));
    const ids = changed.select('id').orderBy(moment).orderBy(id);
    const total = await countChanges(core.db, ids.limit(CHANGES_MOST));
    const { offset, limit } = rowsOfPage({ page, pageSize });
    const rows = await core.db
      .selectFrom('contacts')
      .selectAll()
      .where('id', 'in', ids.limit(limit).offset(offset))
      .orderBy('updated_at')
      .orderBy('id')
      .execute();
    return { items: rows.map(toContact), total };
  }
  const { total } = await query.select(({ fn }) => fn.countAll<string>().as('total')).executeTakeFirstOrThrow();
  // By their ids alone, so that a page far down is not a walk through all rows before it.
  const ids = query
    .select('id')
    .orderBy('id')
    .limit(pageSize)
    .offset((page - 1) * pageSize);
  const rows = await core.db.selectFrom('contacts').selectAll().where('id', 'in', ids).orderBy('id').execute();
  return { items: rows.map(toContact), total: Number(total) };
}
