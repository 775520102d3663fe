import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { CoreError, type ErrorDetails } from '#core/errors.js';
import { toUser, type PeopleOwner, type User } from '#core/people/user.js';

/** By id. @throws CoreError `user.not_found`, also for a user of another account or mode */
export async function findUser(core: Pick<Core, 'db'>, owner: PeopleOwner, id: string): Promise<User> {
  const row = await usersOf(core, owner).where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw userNotFound(id);
  return toUser(row);
}

/**
 * By id, e-mail address or name, in this order; the latter two in any case.
 * @throws CoreError `user.not_found`; `user.bad_input` when several people have that name
 */
export async function findUserCalled(core: Pick<Core, 'db'>, owner: PeopleOwner, text: string): Promise<User> {
  const rows = await usersOf(core, owner)
    .where(sql<boolean>`(id = ${text} or lower(email) = lower(${text}) or lower(name) = lower(${text}))`)
    .orderBy('id')
    .execute();
  const lower = text.toLowerCase();
  const found =
    rows.find(({ id }) => id === text) ?? rows.find(({ email }) => email?.toLowerCase() === lower) ?? rows[0];
  if (found === undefined) throw userNotFound(text, { field: 'user' });
  const byName = found.id !== text && found.email?.toLowerCase() !== lower;
  if (byName && rows.length > 1) {
    throw new CoreError('user.bad_input', `Several users are called "${text}": give the id or the e-mail address.`, {
      field: 'user',
    });
  }
  return toUser(found);
}

export interface UserFilter {
  /** Part of a name or e-mail address, in any case. */
  search?: string | undefined;
  /** Continue after this id. */
  after?: string | undefined;
  limit: number;
}

/** The oldest first. */
export async function listUsers(core: Pick<Core, 'db'>, owner: PeopleOwner, filter: UserFilter): Promise<User[]> {
  let query = matching(core, owner, filter.search);
  if (filter.after !== undefined) query = query.where('id', '>', filter.after);
  const rows = await query.orderBy('id').limit(filter.limit).execute();
  return rows.map(toUser);
}

export interface UserPage {
  /** From 1. */
  page: number;
  pageSize: number;
  /** Part of a name or e-mail address, in any case. */
  search?: string | undefined;
}

/** A page of them, the oldest first, and how many there are of all. */
export async function pageOfUsers(
  core: Pick<Core, 'db'>,
  owner: PeopleOwner,
  { page, pageSize, search }: UserPage,
): Promise<{ items: User[]; total: number }> {
  const found = matching(core, owner, search);
  const { total } = await found
    .clearSelect()
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const rows = await found
    .orderBy('id')
    .limit(pageSize)
    .offset((page - 1) * pageSize)
    .execute();
  return { items: rows.map(toUser), total: Number(total) };
}

function matching(core: Pick<Core, 'db'>, owner: PeopleOwner, search: string | undefined) {
  const query = usersOf(core, owner);
  if (search === undefined) return query;
  const holds = (column: 'name' | 'email') => sql<boolean>`strpos(lower(${sql.ref(column)}), lower(${search})) > 0`;
  return query.where((is) => is.or([holds('name'), holds('email')]));
}

function usersOf(core: Pick<Core, 'db'>, { accountId, mode }: PeopleOwner) {
  return core.db.selectFrom('users').selectAll().where('account_id', '=', accountId).where('mode', '=', mode);
}

export function userNotFound(text: string, details: ErrorDetails = {}): CoreError {
  return new CoreError('user.not_found', `There is no user "${text}".`, details);
}
