import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';
import type { ContactOwner } from '#core/contacts/contact.js';
import { lockOwned } from '#core/contacts/lock-owned.js';
import { findList, listNotFound, type ContactList } from '#core/contacts/find-list.js';

export const LIST_LIMITS = { nameCharacters: 100, membersAtOnce: 1000 } as const;

/** @throws CoreError `list.bad_input`, `list.exists` */
export async function createList(
  core: Pick<Core, 'db' | 'clock'>,
  { accountId, mode, name }: ContactOwner & { name: string },
): Promise<ContactList> {
  const at = new Date(core.clock.now());
  const id = newId('lst', at.getTime());
  await refusingTaken(name, () =>
    core.db
      .insertInto('contact_lists')
      .values({ id, account_id: accountId, mode, name: checkName(name), created_at: at, updated_at: at })
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst(),
  );
  return findList(core, { accountId, mode }, id);
}

/** @throws CoreError `list.bad_input`, `list.exists`, `list.not_found` */
export async function renameList(
  core: Pick<Core, 'db' | 'clock'>,
  { accountId, mode, id, name }: ContactOwner & { id: string; name: string },
): Promise<ContactList> {
  const checked = checkName(name);
  return inTransaction(core.db, async (tx) => {
    await findList({ db: tx }, { accountId, mode }, id);
    const other = await tx
      .selectFrom('contact_lists')
      .select('id')
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .where(({ fn }) => fn<string>('lower', ['name']), '=', checked.toLowerCase())
      .where('id', '<>', id)
      .executeTakeFirst();
    if (other !== undefined) throw listExists(checked);
    const updated_at = new Date(core.clock.now());
    await tx.updateTable('contact_lists').set({ name: checked, updated_at }).where('id', '=', id).execute();
    return findList({ db: tx }, { accountId, mode }, id);
  });
}

/** The list alone: its members stay contacts. @throws CoreError `list.not_found` */
export async function removeList(
  core: Pick<Core, 'db'>,
  { accountId, mode, id }: ContactOwner & { id: string },
): Promise<void> {
  await core.db
    .deleteFrom('contact_lists')
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .returning('id')
    .executeTakeFirstOrThrow(() => listNotFound(id));
}

export interface ListMembers extends ContactOwner {
  id: string;
  contactIds: readonly string[];
}

/** Says how many were not members before. @throws CoreError `list.not_found`, `list.bad_input` */
export async function addMembers(
  core: Pick<Core, 'db' | 'clock'>,
  { accountId, mode, id, contactIds }: ListMembers,
): Promise<number> {
  checkCount(contactIds);
  const wanted = [...new Set(contactIds)];
  return inTransaction(core.db, async (tx) => {
    await findList({ db: tx }, { accountId, mode }, id);
    const absent = await lockOwned(tx, 'contacts', { accountId, mode }, wanted);
    if (absent !== undefined) {
      throw new CoreError('list.bad_input', `There is no contact ${absent}.`, { field: 'contactIds' });
    }
    const added_at = new Date(core.clock.now());
    const { numInsertedOrUpdatedRows } = await tx
      .insertInto('contact_list_members')
      .values(wanted.map((contactId) => ({ list_id: id, contact_id: contactId, added_at })))
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return Number(numInsertedOrUpdatedRows ?? 0n);
  });
}

/** Says how many were members. @throws CoreError `list.not_found`, `list.bad_input` */
export async function removeMembers(
  core: Pick<Core, 'db'>,
  { accountId, mode, id, contactIds }: ListMembers,
): Promise<number> {
  checkCount(contactIds);
  await findList(core, { accountId, mode }, id);
  const { numDeletedRows } = await core.db
    .deleteFrom('contact_list_members')
    .where('list_id', '=', id)
    .where('contact_id', 'in', [...contactIds])
    .executeTakeFirst();
  return Number(numDeletedRows);
}

function checkCount(contactIds: readonly string[]): void {
  if (contactIds.length === 0 || contactIds.length > LIST_LIMITS.membersAtOnce) {
    throw new CoreError('list.bad_input', `Give 1 to ${LIST_LIMITS.membersAtOnce} contacts.`, { field: 'contactIds' });
  }
}

function checkName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '' || trimmed.length > LIST_LIMITS.nameCharacters) {
    const message = `The name of a list has 1 to ${LIST_LIMITS.nameCharacters} characters.`;
    throw new CoreError('list.bad_input', message, { field: 'name' });
  }
  return trimmed;
}

async function refusingTaken(name: string, write: () => Promise<unknown>): Promise<void> {
  if ((await write()) === undefined) throw listExists(name.trim());
}

function listExists(name: string): CoreError {
  return new CoreError('list.exists', `There is a list "${name}" already.`, { field: 'name' });
}
