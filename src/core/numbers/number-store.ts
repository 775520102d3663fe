import type { Db } from '#core/core.js';
import type { E164 } from '#core/address.js';
import type { Mode } from '#core/tables.js';

/** A number of an account. */
export interface OwnedNumber {
  number: E164;
  accountId: string;
  mode: Mode;
  /** The name of the phone it rings on. */
  phone: string | null;
  createdAt: Date;
}

export function selectNumbers(db: Db) {
  return db
    .selectFrom('numbers')
    .leftJoin('phones', 'phones.id', 'numbers.phone_id')
    .select([
      'numbers.number',
      'numbers.account_id',
      'numbers.mode',
      'numbers.created_at',
      'phones.name as phone_name',
    ]);
}

export function presentNumber(row: {
  number: string;
  account_id: string;
  mode: Mode;
  created_at: Date;
  phone_name: string | null;
}): OwnedNumber {
  return {
    // Only E.164 is ever written to the table (add-number.ts).
    number: row.number as E164,
    accountId: row.account_id,
    mode: row.mode,
    phone: row.phone_name,
    createdAt: row.created_at,
  };
}

export async function findNumber(db: Db, key: { accountId: string; mode: Mode; number: string }): Promise<OwnedNumber> {
  const row = await selectNumbers(db)
    .where('numbers.account_id', '=', key.accountId)
    .where('numbers.mode', '=', key.mode)
    .where('numbers.number', '=', key.number)
    .executeTakeFirstOrThrow();
  return presentNumber(row);
}
