import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { findGroupCalled } from '#core/people/find-group.js';
import { findUserCalled } from '#core/people/find-user.js';
import { toUser, type PeopleOwner, type User } from '#core/people/user.js';

/** Exactly one of the two. */
export type Callee =
  /** By id, e-mail address or name. */
  | { user: string; group?: undefined }
  /** By id or name. */
  | { group: string; user?: undefined };

export interface RingablePhone {
  /** The name of a phone of the account; in test mode any name, or a simulated number. */
  phone: string;
  userId: string;
  userName: string;
}

export interface RingablePhones {
  user?: { id: string; name: string };
  group?: { id: string; name: string };
  /** At least one. Each once, in the order of the group's members. */
  phones: RingablePhone[];
}

/**
 * Where a user, or all members of a group, can be reached.
 * @throws CoreError `user.not_found`, `user.bad_input` (several have the name), `group.not_found`, `user.no_phone`
 */
export async function findRingablePhones(core: Pick<Core, 'db'>, input: PeopleOwner & Callee): Promise<RingablePhones> {
  if (input.user !== undefined) {
    const user = await findUserCalled(core, input, input.user);
    const phones = phonesOf([user]);
    if (phones.length > 0) return { user: { id: user.id, name: user.name }, phones };
    throw new CoreError('user.no_phone', `${user.name} has no phone: give the user one.`, { field: 'user' });
  }
  const group = await findGroupCalled(core, input, input.group);
  const rows = await core.db
    .selectFrom('user_group_members')
    .innerJoin('users', 'users.id', 'user_group_members.user_id')
    .selectAll('users')
    .where('user_group_members.group_id', '=', group.id)
    .orderBy('user_group_members.position')
    .execute();
  const phones = phonesOf(rows.map(toUser));
  if (phones.length > 0) return { group: { id: group.id, name: group.name }, phones };
  throw new CoreError('user.no_phone', `Nobody in the group ${group.name} has a phone: give its members some.`, {
    field: 'group',
  });
}

function phonesOf(users: User[]): RingablePhone[] {
  const all = users.flatMap(({ id, name, phones }) => phones.map((phone) => ({ phone, userId: id, userName: name })));
  // A phone that two people share rings once, for the first.
  return all.filter(({ phone }, index) => all.findIndex((other) => other.phone === phone) === index);
}
