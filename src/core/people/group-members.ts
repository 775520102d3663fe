import type { Transaction } from 'kysely';
import { CoreError } from '#core/errors.js';
import { findUserCalled } from '#core/people/find-user.js';
import type { PeopleOwner } from '#core/people/user.js';
import type { Tables } from '#core/tables.js';

export const MEMBERS_MAX = 50;

/**
 * Replaces the members of a group; each counts once. Gives their ids.
 * @throws CoreError `group.bad_input`
 */
export async function writeMembers(
  tx: Transaction<Tables>,
  owner: PeopleOwner,
  groupId: string,
  names: readonly string[],
): Promise<string[]> {
  if (names.length > MEMBERS_MAX) {
    throw new CoreError('group.bad_input', `A group has at most ${MEMBERS_MAX} members.`, { field: 'members' });
  }
  const ids = new Set<string>();
  for (const [index, name] of names.entries()) {
    try {
      ids.add((await findUserCalled({ db: tx }, owner, name)).id);
    } catch (error) {
      if (!(error instanceof CoreError)) throw error;
      throw new CoreError('group.bad_input', error.message, { field: `members.${index}` });
    }
  }
  const members = [...ids];
  await holdUsers(tx, members);
  await tx.deleteFrom('user_group_members').where('group_id', '=', groupId).execute();
  if (members.length > 0) {
    await tx
      .insertInto('user_group_members')
      .values(members.map((user_id, position) => ({ group_id: groupId, user_id, position })))
      .execute();
  }
  return members;
}

/** Before the rows of members are touched: whoever removes a user holds it first, and then takes it out of groups. */
async function holdUsers(tx: Transaction<Tables>, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  const held = await tx.selectFrom('users').select('id').where('id', 'in', ids).orderBy('id').forKeyShare().execute();
  if (held.length === ids.length) return;
  throw new CoreError('group.bad_input', 'One of the members was removed just now.', { field: 'members' });
}

/** Turns the violated index into a refusal; anything else is thrown on. */
export function refuseTakenName(error: unknown, name: string): never {
  if ((error as { constraint?: string }).constraint !== 'user_groups_name') throw error;
  throw new CoreError('group.name_taken', `There is a group "${name}" already.`, { field: 'name' });
}
