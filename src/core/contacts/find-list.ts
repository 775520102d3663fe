import type { Selectable } from 'kysely';
import type { Core, Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { ContactOwner } from '#core/contacts/contact.js';
import type { ContactListTable } from '#core/tables.js';

/** Contacts under a name. */
export interface ContactList {
  id: string;
  name: string;
  /** How many contacts are members. */
  members: number;
  createdAt: Date;
  updatedAt: Date;
}

/** By id. @throws CoreError `list.not_found`, also for one of another account or mode */
export async function findList(core: Pick<Core, 'db'>, owner: ContactOwner, id: string): Promise<ContactList> {
  const row = await listsOf(core.db, owner).where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw listNotFound(id);
  const [list] = await counted(core.db, [row]);
  if (list === undefined) throw listNotFound(id);
  return list;
}

/** The oldest first. */
export async function listLists(
  core: Pick<Core, 'db'>,
  owner: ContactOwner,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<{ lists: ContactList[]; next: string | undefined }> {
  let query = listsOf(core.db, owner);
  if (after !== undefined) query = query.where('id', '>', after);
  const rows = await query
    .orderBy('id')
    .limit(limit + 1)
    .execute();
  const lists = await counted(core.db, rows.slice(0, limit));
  return { lists, next: rows.length > limit ? lists.at(-1)?.id : undefined };
}

function listsOf(db: Db, { accountId, mode }: ContactOwner) {
  return db.selectFrom('contact_lists').selectAll().where('account_id', '=', accountId).where('mode', '=', mode);
}

/** A count of a million members reads the index of that list from end to end: a tenth of a second. */
async function counted(db: Db, rows: readonly Selectable<ContactListTable>[]): Promise<ContactList[]> {
  if (rows.length === 0) return [];
  const counts = await db
    .selectFrom('contact_list_members')
    .select(['list_id', ({ fn }) => fn.countAll<string>().as('n')])
    .where(
      'list_id',
      'in',
      rows.map(({ id }) => id),
    )
    .groupBy('list_id')
    .execute();
  const members = new Map(counts.map(({ list_id: id, n }) => [id, Number(n)]));
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    members: members.get(row.id) ?? 0,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }));
}

export function listNotFound(id: string, field = 'listId'): CoreError {
  return new CoreError('list.not_found', `There is no list ${id}.`, { field });
}
