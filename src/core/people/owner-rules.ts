import type { Transaction } from 'kysely';
import { CoreError } from '#core/errors.js';
import type { PeopleOwner, Role } from '#core/people/user.js';
import type { Tables } from '#core/tables.js';

/**
 * `actorRole`: of the user who does it; undefined: the account itself, or the operator.
 * @throws CoreError `user.owners_only`
 */
export function refuseTouchingOwners(actorRole: Role | undefined, roles: readonly (Role | undefined)[]): void {
  if (actorRole === undefined || actorRole === 'owner' || !roles.includes('owner')) return;
  throw new CoreError('user.owners_only', 'Only owners make, change and remove owners.', { field: 'role' });
}

/** Somebody has to be there who can name others. Holds all owners. @throws CoreError `user.last_owner` */
export async function refuseLosingLastOwner(tx: Transaction<Tables>, owner: PeopleOwner, id: string): Promise<void> {
  const owners = await tx
    .selectFrom('users')
    .select('id')
    .where('account_id', '=', owner.accountId)
    .where('mode', '=', owner.mode)
    .where('role', '=', 'owner')
    .orderBy('id')
    .forUpdate()
    .execute();
  if (owners.length > 1 || owners[0]?.id !== id) return;
  throw new CoreError('user.last_owner', 'This is the last owner of the account: make another one first.', {
    field: 'role',
  });
}
