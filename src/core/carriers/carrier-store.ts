import type { CarrierKind } from '#carriers/carrier.js';
import type { CarrierFields } from '#core/carriers/carrier-fields.js';
import type { Core, Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';

/** Somebody who carries texts. Its secrets are never shown. */
export interface TextCarrier extends CarrierFields {
  id: string;
  name: string;
  kind: CarrierKind;
  /** The account it belongs to; null: the installation's, used by all. */
  accountId: string | null;
  settings: Readonly<Record<string, unknown>>;
  hasSecrets: boolean;
  createdAt: Date;
}

type CarrierRow = Awaited<ReturnType<ReturnType<typeof selectCarriers>['executeTakeFirstOrThrow']>>;

export function selectCarriers(db: Db) {
  return db.selectFrom('carriers').selectAll('carriers');
}

export function presentCarrier(row: CarrierRow): TextCarrier {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    accountId: row.account_id,
    settings: row.settings,
    hasSecrets: row.secrets_encrypted !== null,
    prefixes: row.prefixes,
    senders: row.senders,
    priority: row.priority,
    segmentsPerSecond: row.segments_per_second,
    createdAt: row.created_at,
  };
}

/** What `CarrierFields` are as columns; the fields have been checked. */
export function carrierColumns(fields: CarrierFields) {
  return {
    prefixes: fields.prefixes,
    senders: fields.senders,
    priority: fields.priority,
    segments_per_second: fields.segmentsPerSecond,
  };
}

/** By name, among the installation's and the account's own; without an account among all. */
export async function findCarrierRow(
  db: Db,
  input: { name: string; accountId?: string; forUpdate?: boolean },
): Promise<CarrierRow> {
  const named = selectCarriers(db).where('carriers.name', '=', input.name);
  const row = await (input.forUpdate === true ? named.forUpdate() : named).executeTakeFirst();
  if (
    row === undefined ||
    (input.accountId !== undefined && row.account_id !== null && row.account_id !== input.accountId)
  ) {
    throw noCarrier(input.name);
  }
  return row;
}

/** The same, fit to be shown. Throws `carrier.not_found`. */
export async function findCarrier(db: Db, input: { name: string; accountId?: string }): Promise<TextCarrier> {
  return presentCarrier(await findCarrierRow(db, input));
}

export function noCarrier(name: string): CoreError {
  return new CoreError('carrier.not_found', `There is no carrier "${name}".`, { field: 'name' });
}

/** Secrets as they are kept; null: none. */
export function sealSecrets(core: Pick<Core, 'secrets'>, secrets: Readonly<Record<string, string>>): Buffer | null {
  return Object.keys(secrets).length === 0 ? null : core.secrets.seal(JSON.stringify(secrets));
}

/** Throws when they were sealed under another key. */
export function openSecrets(core: Pick<Core, 'secrets'>, sealed: Buffer | null): Record<string, string> {
  return sealed === null ? {} : (JSON.parse(core.secrets.open(sealed)) as Record<string, string>);
}
