import type { Db } from '#core/core.js';
import type { Mode } from '#core/tables.js';

/** What calls or texts can come from: of the last two only texts. */
export const NUMBER_KINDS = ['e164', 'short_code', 'alphanumeric'] as const;
export type NumberKind = (typeof NUMBER_KINDS)[number];

/** A number of an account, or what else texts come from. */
export interface OwnedNumber {
  number: string;
  kind: NumberKind;
  accountId: string;
  mode: Mode;
  /** The name of the phone it rings on. */
  phone: string | null;
  /** How fast texts may leave it. */
  segmentsPerSecond: number;
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
      'numbers.kind',
      'numbers.segments_per_second',
      'numbers.created_at',
      'phones.name as phone_name',
    ]);
}

export function presentNumber(row: {
  number: string;
  account_id: string;
  mode: Mode;
  kind: NumberKind;
  segments_per_second: number;
  created_at: Date;
  phone_name: string | null;
}): OwnedNumber {
  return {
    number: row.number,
    kind: row.kind,
    accountId: row.account_id,
    mode: row.mode,
    phone: row.phone_name,
    segmentsPerSecond: row.segments_per_second,
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
