import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';
import { reconfigureEngines } from '#core/engine-configuration.js';
import {
  badTrunk,
  changedFields,
  checkCredential,
  checkFields,
  USUAL_FIELDS,
  type TrunkChanges,
} from '#core/trunks/trunk-fields.js';
import { findTrunk, trunkColumns, type Trunk } from '#core/trunks/trunk-store.js';

export interface AddTrunk extends TrunkChanges {
  /** Whose it is; undefined: the installation's, for every account. */
  accountId?: string;
  /** Unique in the installation: 1 to 64 letters, digits, ".", "_" or "-". */
  name: string;
  uri: string;
  /** The address that the phone engine's sockets are bound to. */
  sipHost: string;
  /** Who does it, for the audit log. */
  actor: string;
}

const NAME_SHAPE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Adds a way out to the telephone network and tells the engines. */
export async function addTrunk(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'log' | 'engines' | 'node'>,
  input: AddTrunk,
): Promise<Trunk> {
  const { accountId, name, sipHost, actor, ...changes } = input;
  if (!NAME_SHAPE.test(name)) throw badTrunk('name', 'A trunk’s name is 1 to 64 letters, digits, ".", "_" or "-".');
  const fields = changedFields(USUAL_FIELDS, changes);
  checkFields(fields, sipHost);
  const password = changes.password ?? null;
  if (password !== null) {
    checkCredential('password', password);
    if (fields.username === null) throw badTrunk('username', 'A password needs a user name.');
  }

  const at = new Date(core.clock.now());
  const id = newId('trk', at.getTime());
  const columns = trunkColumns(fields);
  await inTransaction(core.db, async (tx) => {
    const added = await tx
      .insertInto('trunks')
      .values({
        id,
        account_id: accountId ?? null,
        name,
        ...columns,
        password_encrypted: password === null ? null : core.secrets.seal(password),
        next_dial_at: null,
        created_at: at,
      })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .executeTakeFirst();
    if (added.numInsertedOrUpdatedRows === 0n) {
      throw new CoreError('trunk.name_taken', `There is a trunk "${name}" already.`, { field: 'name' });
    }
    await recordAudit(tx, {
      ...(accountId === undefined ? {} : { accountId }),
      actor,
      action: 'trunk.add',
      subject: id,
      details: { name, uri: columns.uri },
      at,
    });
  });
  await reconfigureEngines(core);
  return findTrunk(core.db, { name });
}
