import type { Selectable } from 'kysely';
import { readNumber } from '#core/address.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { BlockedNumberTable, Mode } from '#core/tables.js';
import { homeCountry } from '#core/contacts/index.js';

export interface BlockedNumberOwner {
  accountId: string;
  mode: Mode;
}

/** A caller who is turned away. */
export interface BlockedNumber {
  id: number;
  /** E.164. */
  number: string;
  note: string | undefined;
  createdAt: Date;
}

/** Whether a caller (E.164) is turned away; by an index, for every call that comes in. */
export async function isBlocked(core: Pick<Core, 'db'>, owner: BlockedNumberOwner, number: string): Promise<boolean> {
  const row = await blockedOf(core, owner).select('id').where('number', '=', number).executeTakeFirst();
  return row !== undefined;
}

/** @throws CoreError `blocked_number.not_found`, also for one of another account or mode */
export async function findBlockedNumber(
  core: Pick<Core, 'db'>,
  owner: BlockedNumberOwner,
  id: number,
): Promise<BlockedNumber> {
  const row = await blockedOf(core, owner).selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw blockedNumberNotFound(id);
  return toBlockedNumber(row);
}

/** The oldest first. */
export async function listBlockedNumbers(
  core: Pick<Core, 'db'>,
  owner: BlockedNumberOwner,
  { page, pageSize, number }: { page: number; pageSize: number; number?: string | undefined },
): Promise<{ items: BlockedNumber[]; total: number }> {
  let query = blockedOf(core, owner);
  if (number !== undefined) {
    // What is no number is nobody's.
    query = query.where('number', '=', readNumber(number, await homeCountry(core.db, owner)) ?? number);
  }
  const { total } = await query.select(({ fn }) => fn.countAll<string>().as('total')).executeTakeFirstOrThrow();
  const rows = await query
    .selectAll()
    .orderBy('id')
    .limit(pageSize)
    .offset((page - 1) * pageSize)
    .execute();
  return { items: rows.map(toBlockedNumber), total: Number(total) };
}

function blockedOf(core: Pick<Core, 'db'>, { accountId, mode }: BlockedNumberOwner) {
  return core.db.selectFrom('blocked_numbers').where('account_id', '=', accountId).where('mode', '=', mode);
}

export function toBlockedNumber(row: Selectable<BlockedNumberTable>): BlockedNumber {
  return { id: row.id, number: row.number, note: row.note ?? undefined, createdAt: row.created_at };
}

export function blockedNumberNotFound(id: number): CoreError {
  return new CoreError('blocked_number.not_found', `There is no blocked number ${id}.`);
}
