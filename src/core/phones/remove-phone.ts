import type { Transaction } from 'kysely';
import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { takePhoneOffUsers } from '#core/people/index.js';
import { replaceOrRefuse } from '#core/routing/index.js';
import { reconfigureEngines } from '#core/engine-configuration.js';
import type { Tables } from '#core/tables.js';

/**
 * Removes a phone and its registrations; its numbers stay with the account and ring nowhere, its users lose it. With a
 * `replacement` its numbers and the calls that led to it go there. @throws CoreError `phone.not_found`, `routing.in_use`, `routing.refused`, `routing.bad_input`
 */
export async function removePhone(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'log' | 'engines' | 'node'>,
  input: { accountId: string; name: string; replacement?: string | undefined; actor: string },
): Promise<void> {
  const { accountId, name, replacement, actor } = input;
  await inTransaction(core.db, async (tx) => {
    const owner = { accountId, mode: 'live', author: actor } as const;
    await replaceOrRefuse({ db: tx, clock: core.clock }, owner, { type: 'phone', id: name }, replacement);
    if (replacement !== undefined) await handNumbersOver(tx, { accountId, name, replacement });
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
    await recordAudit(tx, {
      accountId,
      actor,
      action: 'phone.remove',
      subject: removed.id,
      details: { name, replacement },
      at,
    });
  });
  await reconfigureEngines(core);
}

async function handNumbersOver(
  tx: Transaction<Tables>,
  { accountId, name, replacement }: { accountId: string; name: string; replacement: string },
): Promise<void> {
  const phones = await tx
    .selectFrom('phones')
    .select(['id', 'name'])
    .where('account_id', '=', accountId)
    .where('name', 'in', [name, replacement])
    .execute();
  const idOf = (wanted: string): string | undefined => phones.find((phone) => phone.name === wanted)?.id;
  const [from, to] = [idOf(name), idOf(replacement)];
  if (to === undefined) {
    throw new CoreError('phone.not_found', `There is no phone "${replacement}".`, { field: 'replacement' });
  }
  if (from !== undefined) await tx.updateTable('numbers').set({ phone_id: to }).where('phone_id', '=', from).execute();
}
