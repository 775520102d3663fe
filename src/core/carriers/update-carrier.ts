import { recordAudit } from '#core/accounts/index.js';
import { reconfigureCarriers, type ConfiguringCore } from '#core/carriers/carrier-configuration.js';
import { changedFields, checkFields, type CarrierChanges } from '#core/carriers/carrier-fields.js';
import { checkKind } from '#core/carriers/carrier-kinds.js';
import {
  carrierColumns,
  findCarrier,
  findCarrierRow,
  openSecrets,
  presentCarrier,
  sealSecrets,
  type TextCarrier,
} from '#core/carriers/carrier-store.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { endTrouble } from '#core/known-troubles.js';
import { snakeCase } from '#core/snake-case.js';

export interface UpdateCarrier extends CarrierChanges {
  accountId?: string;
  name: string;
  actor: string;
}

/** Changes what is given, and connects anew where that matters. Its kind stays: another kind is another carrier. */
export async function updateCarrier(core: ConfiguringCore, input: UpdateCarrier): Promise<TextCarrier> {
  const { accountId, name, actor, ...changes } = input;
  await inTransaction(core.db, async (tx) => {
    const row = await findCarrierRow(tx, {
      name,
      ...(accountId === undefined ? {} : { accountId }),
      forUpdate: true,
    });
    const carrier = presentCarrier(row);
    const fields = changedFields(carrier, changes);
    checkFields(fields);
    const settings = merged(carrier.settings, changes.settings);
    const secrets = merged(knownSecrets(core, row), changes.secrets) as Record<string, string>;
    checkKind(carrier.kind, settings, secrets);
    const at = new Date(core.clock.now());
    const leadsElsewhere =
      JSON.stringify(settings) !== JSON.stringify(carrier.settings) || changes.secrets !== undefined;
    await tx
      .updateTable('carriers')
      .set({
        ...carrierColumns(fields),
        settings: JSON.stringify(settings),
        secrets_encrypted: sealSecrets(core, secrets),
        updated_at: at,
      })
      .where('id', '=', carrier.id)
      .execute();
    // What was known of another address or password says nothing of this one.
    if (leadsElsewhere) {
      await tx.deleteFrom('carrier_states').where('carrier_id', '=', carrier.id).execute();
      // So that the next trouble is told again.
      await endTrouble(tx, { kind: 'carrier_down', subject: carrier.id });
    }
    await recordAudit(tx, {
      ...(carrier.accountId === null ? {} : { accountId: carrier.accountId }),
      actor,
      action: 'carrier.update',
      subject: carrier.id,
      details: { name, changed: changedNames(changes) },
      at,
    });
  });
  await reconfigureCarriers(core);
  return findCarrier(core.db, { name });
}

/** Those that cannot be opened any more are as good as none: all of them must be given anew. */
function knownSecrets(core: Pick<Core, 'secrets'>, row: { secrets_encrypted: Buffer | null }): Record<string, string> {
  try {
    return openSecrets(core, row.secrets_encrypted);
  } catch {
    return {};
  }
}

/** Null takes away; undefined leaves. */
function merged(
  known: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    Object.entries({ ...known, ...Object.fromEntries(given) }).filter(([, value]) => value !== null),
  );
}

/** For the audit log: names only. */
function changedNames({ settings, secrets, ...fields }: CarrierChanges): string[] {
  return [fields, settings ?? {}, secrets ?? {}]
    .flatMap((part) => Object.entries(part))
    .filter(([, value]) => value !== undefined)
    .map(([name]) => snakeCase(name));
}
