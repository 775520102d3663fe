import { sql } from 'kysely';
import { toContact, type Contact, type ContactOwner } from '#core/contacts/contact.js';
import { hasNumber, wishedContacts, type ContactWish } from '#core/contacts/find-contact.js';
import type { Core, Db } from '#core/core.js';

/** One page, the oldest first, and how many there are on all. @throws CoreError `contact.bad_input` */
export async function pageContacts(
  core: Pick<Core, 'db'>,
  owner: ContactOwner,
  { page, pageSize, ...wish }: ContactWish & { page: number; pageSize: number },
): Promise<{ items: Contact[]; total: number }> {
  const { query } = await wishedContacts(core, owner, wish);
  const { total } = await query
    .clearSelect()
    .select(({ fn }) => fn.countAll<string>().as('total'))
    .executeTakeFirstOrThrow();
  // By their ids alone, so that a page far down is not a walk through all rows before it.
  const ids = query
    .clearSelect()
    .select('id')
    .orderBy('id')
    .limit(pageSize)
    .offset((page - 1) * pageSize);
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
