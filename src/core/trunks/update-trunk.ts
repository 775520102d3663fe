import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { endTrouble } from '#core/known-troubles.js';
import { reconfigureEngines } from '#core/engine-configuration.js';
import { badTrunk, changedFields, checkCredential, checkFields, type TrunkChanges } from '#core/trunks/trunk-fields.js';
import { findTrunk, trunkColumns, type Trunk } from '#core/trunks/trunk-store.js';

export interface UpdateTrunk extends TrunkChanges {
  accountId?: string;
  name: string;
  /** The address that the phone engine's sockets are bound to. */
  sipHost: string;
  actor: string;
}

/** Changes what is given, and tells the engines. Calls in progress go on as they are. */
export async function updateTrunk(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'log' | 'engines' | 'node'>,
  input: UpdateTrunk,
): Promise<Trunk> {
  const { accountId, name, sipHost, actor, ...changes } = input;
  await inTransaction(core.db, async (tx) => {
    const trunk = await findTrunk(tx, { name, ...(accountId === undefined ? {} : { accountId }), forUpdate: true });
    const fields = changedFields(trunk, changes);
    checkFields(fields, sipHost);
    const { password } = changes;
    if (typeof password === 'string') checkCredential('password', password);
    const hasPassword = password === undefined ? trunk.hasPassword : password !== null;
    if (hasPassword && fields.username === null) throw badTrunk('username', 'A password needs a user name.');
    const columns = trunkColumns(fields);
    await tx
      .updateTable('trunks')
      .set({
        ...columns,
        ...(password === undefined
          ? {}
          : { password_encrypted: password === null ? null : core.secrets.seal(password) }),
      })
      .where('id', '=', trunk.id)
      .execute();
    // What was known of another address or user says nothing of this one, and what is not asked any more is not told either.
    const { registerSeconds, healthSeconds } = fields.settings;
    const isAskedLess =
      (trunk.settings.registerSeconds !== undefined && registerSeconds === undefined) ||
      (trunk.settings.healthSeconds !== 0 && healthSeconds === 0);
    if (columns.uri !== trunk.uri || fields.username !== trunk.username || isAskedLess) {
      await tx.deleteFrom('trunk_states').where('trunk_id', '=', trunk.id).execute();
      // So that the next trouble is told again.
      await endTrouble(tx, { kind: 'trunk_down', subject: trunk.id });
    }
    await recordAudit(tx, {
      ...(trunk.accountId === null ? {} : { accountId: trunk.accountId }),
      actor,
      action: 'trunk.update',
      subject: trunk.id,
      details: {
        name,
        changed: Object.keys(changes).filter((key) => changes[key as keyof TrunkChanges] !== undefined),
      },
      at: new Date(core.clock.now()),
    });
  });
  await reconfigureEngines(core);
  return findTrunk(core.db, { name });
}
