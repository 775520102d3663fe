import { CARRIER_KINDS, type CarrierKind } from '#carriers/carrier.js';
import { recordAudit } from '#core/accounts/index.js';
import { reconfigureCarriers, type ConfiguringCore } from '#core/carriers/carrier-configuration.js';
import {
  badCarrier,
  changedFields,
  checkFields,
  USUAL_FIELDS,
  type CarrierChanges,
} from '#core/carriers/carrier-fields.js';
import { checkKind } from '#core/carriers/carrier-kinds.js';
import { carrierColumns, findCarrier, sealSecrets, type TextCarrier } from '#core/carriers/carrier-store.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';

export interface AddCarrier extends CarrierChanges {
  /** Whose it is; undefined: the installation's, for every account. */
  accountId?: string;
  /** Unique in the installation: 1 to 64 letters, digits, ".", "_" or "-". */
  name: string;
  kind: CarrierKind;
  /** Who does it, for the audit log. */
  actor: string;
}

const NAME_SHAPE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Adds somebody who carries texts, and connects every process to it. */
export async function addCarrier(core: ConfiguringCore, input: AddCarrier): Promise<TextCarrier> {
  const { accountId, name, kind, actor, ...changes } = input;
  if (!NAME_SHAPE.test(name)) {
    throw badCarrier('name', 'A carrier’s name is 1 to 64 letters, digits, ".", "_" or "-".');
  }
  if (!CARRIER_KINDS.includes(kind)) throw badCarrier('kind', `One of ${CARRIER_KINDS.join(', ')}.`);
  const fields = changedFields(USUAL_FIELDS, changes);
  checkFields(fields);
  const settings = withoutNulls(changes.settings ?? {});
  const secrets = withoutNulls(changes.secrets ?? {}) as Record<string, string>;
  checkKind(kind, settings, secrets);

  const at = new Date(core.clock.now());
  const id = newId('car', at.getTime());
  await inTransaction(core.db, async (tx) => {
    const added = await tx
      .insertInto('carriers')
      .values({
        id,
        account_id: accountId ?? null,
        name,
        kind,
        ...carrierColumns(fields),
        settings: JSON.stringify(settings),
        secrets_encrypted: sealSecrets(core, secrets),
        created_at: at,
        updated_at: at,
      })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .executeTakeFirst();
    if (added.numInsertedOrUpdatedRows === 0n) {
      throw new CoreError('carrier.name_taken', `There is a carrier "${name}" already.`, { field: 'name' });
    }
    await recordAudit(tx, {
      ...(accountId === undefined ? {} : { accountId }),
      actor,
      action: 'carrier.add',
      subject: id,
      details: { name, kind },
      at,
    });
  });
  await reconfigureCarriers(core);
  return findCarrier(core.db, { name });
}

function withoutNulls(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && value !== undefined));
}
