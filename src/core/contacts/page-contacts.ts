import { sql } from 'kysely';
import { toContact, type Contact, type ContactOwner } from '#core/contacts/contact.js';
import { hasNumber, wishedContacts, type ContactWish } from '#core/contacts/find-contact.js';
import { CHANGES_MOST, countChanges, isFrom } from '#core/changes.js';
import type { Core, Db } from '#core/core.js';

/**
 * One page, the oldest first, and how many there are on all; with `updatedSince` in the order of changes, and counted as
 * far as lists of changes go. @throws CoreError `contact.bad_input`
 */
export async function pageContacts(
  core: Pick<Core, 'db'>,
  owner: ContactOwner,
  { page, pageSize, afterId, ...wish }: ContactWish & { page: number; pageSize: number; afterId?: string | undefined },
): Promise<{ items: Contact[]; total: number }> {
  const { query: wished } = await wishedContacts(core, owner, wish);
  const query = wished.clearSelect();
  const before = (page - 1) * pageSize;
  const { updatedSince: at } = wish;
  if (at !== undefined) {
    const changed = query.where(isFrom(sql.ref('updated_at'), sql.ref('id'), { at, afterId }));
    const ids = changed.select('id').orderBy('updated_at').orderBy('id');
    const total = await countChanges(core.db, ids.limit(CHANGES_MOST));
    const rows = await core.db
      .selectFrom('contacts')
      .selectAll()
      .where('id', 'in', ids.limit(pageSize).offset(before))
      .orderBy('updated_at')
      .orderBy('id')
      .execute();
    return { items: rows.map(toContact), total };
  }
  const { total } = await query.select(({ fn }) => fn.countAll<string>().as('total')).executeTakeFirstOrThrow();
  // By their ids alone, so that a page far down is not a walk through all rows before it.
  const ids = query.select('id').orderBy('id').limit(pageSize).offset(before);
  const rows = await core.db.selectFrom('contacts').selectAll().where('id', 'in', ids).orderBy('id').execute();
  return { items: rows.map(toContact), total: Number(total) };
}

/** How a contact is called who has this number (E.164), be it another of theirs; the one known by it comes first. */
export async function findContactName(
  db: Db,
  { accountId, mode }: ContactOwner,
  number: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('contacts')
    .select(['name', 'company'])
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where(hasNumber(number))
    .where((is) => is.or([is('name', 'is not', null), is('company', 'is not', null)]))
    .orderBy(sql`phone <> ${number}`)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return row?.name ?? row?.company ?? undefined;
}
