import type { Selectable, Transaction } from 'kysely';
import { CoreError } from '#core/errors.js';
import type { Site } from '#core/sites/index.js';
import type { CouponListTable, Tables } from '#core/tables.js';

/** Codes that are worth the same. */
export interface CouponList {
  id: number;
  siteId: string;
  name: string;
  /** One of the two: minor units, or hundredths of a per cent. */
  amount: number | null;
  percentage: number | null;
  description: string | null;
  /** Whether each code is for one person alone; else all get the same one. */
  singleUse: boolean;
  /** Of a code that is for many; null: without end. */
  usageLimit: number | null;
  /** The end of its codes, whichever comes first: a moment, also for those that are out; so many days after the hand-out. */
  expiresAt: Date | null;
  validDays: number | null;
  /** Codes are made up with it as they are needed; null: they are handed in, or asked for by webhook. */
  prefix: string | null;
  /** When fewer are left, the shop is asked for more; null: by how many were handed out lately, where an endpoint hears it. */
  refillBelow: number | null;
  /** When it was, and no codes came since. */
  refillAskedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

export function toCouponList(row: Selectable<CouponListTable>): CouponList {
  return {
    id: row.id,
    siteId: row.site_id,
    name: row.name,
    amount: row.amount,
    percentage: row.percentage,
    description: row.description,
    singleUse: row.single_use,
    usageLimit: row.usage_limit,
    expiresAt: row.expires_at,
    validDays: row.valid_days,
    prefix: row.prefix,
    refillBelow: row.refill_below,
    refillAskedAt: row.refill_asked_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** @throws CoreError `coupon_list.not_found` */
export async function findCouponList(
  tx: Pick<Transaction<Tables>, 'selectFrom'>,
  site: Pick<Site, 'id'>,
  id: number,
): Promise<CouponList> {
  const row = await tx
    .selectFrom('coupon_lists')
    .selectAll()
    .where('site_id', '=', site.id)
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw new CoreError('coupon_list.not_found', 'No coupon list found by its id.');
  return toCouponList(row);
}

/** The end of its own that a code has which is handed out now; null: it ends with its list alone. */
export function ownEndOfCode({ validDays }: Pick<CouponList, 'validDays'>, issuedAt: Date): Date | null {
  return validDays === null ? null : new Date(issuedAt.getTime() + validDays * 86_400_000);
}
