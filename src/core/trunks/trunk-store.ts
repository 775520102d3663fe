import type { Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { TrunkFields } from '#core/trunks/trunk-fields.js';
import { formatTrunkUri, parseTrunkUri } from '#core/trunks/trunk-uri.js';

/** A way out to the telephone network. Its password is never shown. */
export interface Trunk extends TrunkFields {
  id: string;
  name: string;
  /** The account it belongs to; null: the installation's, used by all. */
  accountId: string | null;
  hasPassword: boolean;
  createdAt: Date;
}

type TrunkRow = Awaited<ReturnType<ReturnType<typeof selectTrunks>['executeTakeFirstOrThrow']>>;

export function selectTrunks(db: Db) {
  return db.selectFrom('trunks').selectAll('trunks');
}

export function presentTrunk(row: TrunkRow): Trunk {
  return {
    id: row.id,
    name: row.name,
    accountId: row.account_id,
    uri: row.uri,
    username: row.username,
    hasPassword: row.password_encrypted !== null,
    prefixes: row.prefixes,
    priority: row.priority,
    channels: row.channels,
    callsPerSecond: row.calls_per_second,
    settings: row.settings,
    createdAt: row.created_at,
  };
}

/** What `TrunkFields` are as columns; the fields have been checked. */
export function trunkColumns(fields: TrunkFields) {
  return {
    uri: formatTrunkUri(parseTrunkUri(fields.uri)),
    username: fields.username,
    prefixes: fields.prefixes,
    priority: fields.priority,
    channels: fields.channels,
    calls_per_second: fields.callsPerSecond,
    settings: JSON.stringify(fields.settings),
  };
}

/** By name, among the installation's and the account's own; without an account among all. */
export async function findTrunk(
  db: Db,
  input: { name: string; accountId?: string; forUpdate?: boolean },
): Promise<Trunk> {
  const named = selectTrunks(db).where('trunks.name', '=', input.name);
  const row = await (input.forUpdate === true ? named.forUpdate() : named).executeTakeFirst();
  if (
    row === undefined ||
    (input.accountId !== undefined && row.account_id !== null && row.account_id !== input.accountId)
  ) {
    throw noTrunk(input.name);
  }
  return presentTrunk(row);
}

export function noTrunk(name: string): CoreError {
  return new CoreError('trunk.not_found', `There is no trunk "${name}".`, { field: 'name' });
}
