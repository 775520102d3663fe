import { sql, type Transaction } from 'kysely';
import { changeKeys, recordAudit, type KeyAdmin } from '#core/accounts/index.js';
import { CoreError } from '#core/errors.js';
import { findUser, userNotFound } from '#core/people/find-user.js';
import { refuseLosingLastOwner, refuseTouchingOwners } from '#core/people/owner-rules.js';
import type { PeopleOwner, Role } from '#core/people/user.js';
import { changeRouting, lockRouting, refuseIfUsed } from '#core/routing/index.js';
import type { Tables } from '#core/tables.js';

export interface RemoveUser extends PeopleOwner {
  id: string;
  /** Another user, who gets their extension and mailbox, and whom calls are led to instead. */
  replacementId?: string | undefined;
  actor: string;
  /** Of the user who does it; absent: the account itself. */
  actorRole?: Role | undefined;
}

/**
 * Removes a user, also out of groups, and ends their keys at once; unless calls lead to them and nobody takes their place.
 * @throws CoreError `user.not_found`, `user.bad_input`, `user.owners_only`, `user.last_owner`, `routing.in_use`,
 * `routing.refused`
 */
export async function removeUser(core: KeyAdmin, input: RemoveUser): Promise<void> {
  const { accountId, mode, id, actor, replacementId } = input;
  const at = new Date(core.clock.now());
  await changeKeys(core, async (tx) => {
    await lockRouting(tx, input);
    const { name, role } = await findUser({ db: tx }, input, id);
    refuseTouchingOwners(input.actorRole, [role]);
    if (replacementId !== undefined) await replaceInRouting(tx, core, { ...input, replacementId, name });
    await refuseIfUsed(tx, { accountId, mode }, { type: 'user', id });
    await refuseLosingLastOwner(tx, input, id);
    const endedKeys = await endKeys(tx, id, at);
    const { numDeletedRows } = await tx.deleteFrom('users').where('id', '=', id).executeTakeFirst();
    if (numDeletedRows === 0n) throw userNotFound(id);
    const details = {
      mode,
      ...(endedKeys.length === 0 ? {} : { endedKeys }),
      ...(replacementId === undefined ? {} : { replacementId }),
    };
    await recordAudit(tx, { accountId, actor, action: 'user.remove', subject: id, details, at });
  });
}

async function replaceInRouting(
  tx: Transaction<Tables>,
  { clock }: Pick<KeyAdmin, 'clock'>,
  { accountId, mode, id, replacementId, name, actor }: RemoveUser & { replacementId: string; name: string },
): Promise<void> {
  const replacement = await findUser({ db: tx }, { accountId, mode }, replacementId).catch(() => undefined);
  if (replacement === undefined || replacement.id === id) {
    throw new CoreError('user.bad_input', `There is no other user "${replacementId}".`, { field: 'replacementId' });
  }
  const change = { accountId, mode, author: actor, summary: `${replacement.name} in place of ${name}` };
  await changeRouting({ db: tx, clock }, change, (draft) => draft.replaceUser(id, replacementId));
}

/** They stay in the list, as revoked, and nobody's. */
async function endKeys(tx: Transaction<Tables>, userId: string, at: Date): Promise<string[]> {
  const ended = await tx
    .updateTable('api_keys')
    .set({ revoked_at: sql<Date>`coalesce(revoked_at, ${at})`, user_id: null })
    .where('user_id', '=', userId)
    .returning('id')
    .execute();
  return ended.map(({ id }) => id);
}
