import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { takePhoneOffUsers } from '#core/people/index.js';
import { refuseIfUsed } from '#core/routing/index.js';
import { reconfigureEngines } from '#core/engine-configuration.js';

/** Removes a phone and its registrations; its numbers stay with the account and ring nowhere, its users lose it. @throws CoreError `phone.not_found`, `routing.in_use` */
export async function removePhone(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'log' | 'engines' | 'node'>,
  input: { accountId: string; name: string; actor: string },
): Promise<void> {
  const { accountId, name, actor } = input;
  await inTransaction(core.db, async (tx) => {
    await refuseIfUsed(tx, { accountId, mode: 'live' }, { type: 'phone', id: name });
    const removed = await tx
      .deleteFrom('phones')
      .where('account_id', '=', accountId)
      .where('name', '=', name)
      .returning('id')
      .executeTakeFirst();
    if (removed === undefined) {
      throw new CoreError('phone.not_found', `There is no phone "${name}".`, { field: 'name' });
    }
    const at = new Date(core.clock.now());
    await takePhoneOffUsers(tx, { accountId, phone: name, at });
    await recordAudit(tx, { accountId, actor, action: 'phone.remove', subject: removed.id, details: { name }, at });
  });
  await reconfigureEngines(core);
}
