/** The people of an account, in groups, and the phones they are reached on. */
export { createGroup, type CreateGroup } from '#core/people/create-group.js';
export { createUser, type CreateUser } from '#core/people/create-user.js';
export type { PeopleErrorCode } from '#core/people/errors.js';
export { findGroup, findGroupCalled, listGroups, type GroupFilter } from '#core/people/find-group.js';
export {
  findRingablePhones,
  type Callee,
  type RingablePhone,
  type RingablePhones,
} from '#core/people/find-ringable-phones.js';
export {
  findUser,
  findUserCalled,
  listUsers,
  pageOfUsers,
  type UserFilter,
  type UserPage,
} from '#core/people/find-user.js';
export type { Group } from '#core/people/group.js';
export { removeGroup } from '#core/people/remove-group.js';
export { removeUser } from '#core/people/remove-user.js';
export { takePhoneOffUsers } from '#core/people/take-phone-off-users.js';
export { updateGroup, type UpdateGroup } from '#core/people/update-group.js';
export { updateUser, type UpdateUser } from '#core/people/update-user.js';
export { ownerAddresses } from '#core/people/owner-addresses.js';
export type { PeopleOwner, Role, User } from '#core/people/user.js';
