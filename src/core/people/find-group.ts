import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { CoreError, type ErrorDetails } from '#core/errors.js';
import type { Group } from '#core/people/group.js';
import type { PeopleOwner } from '#core/people/user.js';

/** By id. @throws CoreError `group.not_found`, also for a group of another account or mode */
export async function findGroup(core: Pick<Core, 'db'>, owner: PeopleOwner, id: string): Promise<Group> {
  const row = await groupsOf(core, owner).where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw groupNotFound(id);
  return row;
}

/** By id, or by name in any case. @throws CoreError `group.not_found` */
export async function findGroupCalled(core: Pick<Core, 'db'>, owner: PeopleOwner, text: string): Promise<Group> {
  const row = await groupsOf(core, owner)
    .where(sql<boolean>`(id = ${text} or lower(name) = lower(${text}))`)
    .orderBy((is) => is('id', '=', text), 'desc')
    .executeTakeFirst();
  if (row === undefined) throw groupNotFound(text, { field: 'group' });
  return row;
}

export interface GroupFilter {
  /** Continue after this id. */
  after?: string | undefined;
  limit: number;
}

/** The oldest first. */
export async function listGroups(core: Pick<Core, 'db'>, owner: PeopleOwner, filter: GroupFilter): Promise<Group[]> {
  let query = groupsOf(core, owner);
  if (filter.after !== undefined) query = query.where('id', '>', filter.after);
  return query.orderBy('id').limit(filter.limit).execute();
}

function groupsOf(core: Pick<Core, 'db'>, { accountId, mode }: PeopleOwner) {
  return core.db
    .selectFrom('user_groups')
    .select([
      'id',
      'name',
      'created_at as createdAt',
      'updated_at as updatedAt',
      sql<string[]>`array(
        select user_id from user_group_members where group_id = user_groups.id order by position
      )`.as('members'),
    ])
    .where('account_id', '=', accountId)
    .where('mode', '=', mode);
}

export function groupNotFound(text: string, details: ErrorDetails = {}): CoreError {
  return new CoreError('group.not_found', `There is no group "${text}".`, details);
}
