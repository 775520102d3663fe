import type { Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';

/** A way out to the telephone network. Its password is never shown. */
export interface Trunk {
  id: string;
  name: string;
  /** The account it belongs to; null: the installation's, used by all. */
  accountId: string | null;
  uri: string;
  username: string | null;
  hasPassword: boolean;
  channels: number;
  callsPerSecond: number;
  createdAt: Date;
}

export function selectTrunks(db: Db) {
  return db.selectFrom('trunks').selectAll('trunks');
}

type TrunkRow = Awaited<ReturnType<ReturnType<typeof selectTrunks>['executeTakeFirstOrThrow']>>;

export function presentTrunk(row: TrunkRow): Trunk {
  return {
    id: row.id,
    name: row.name,
    accountId: row.account_id,
    uri: row.uri,
    username: row.username,
    hasPassword: row.password_encrypted !== null,
    channels: row.channels,
    callsPerSecond: row.calls_per_second,
    createdAt: row.created_at,
  };
}

/** By name, among the installation's and the account's own; without an account among all. */
export async function findTrunk(db: Db, input: { name: string; accountId?: string }): Promise<Trunk> {
  const row = await selectTrunks(db).where('trunks.name', '=', input.name).executeTakeFirst();
  if (
    row === undefined ||
    (input.accountId !== undefined && row.account_id !== null && row.account_id !== input.accountId)
  ) {
    throw new CoreError('trunk.not_found', `There is no trunk "${input.name}".`, { field: 'name' });
  }
  return presentTrunk(row);
}
