import type { Selectable } from 'kysely';
import type { CouponListTable, CouponTable } from '#core/tables.js';

/** A code, and what it is worth. */
export interface Coupon {
  id: number;
  siteId: string;
  listId: number;
  /** Upper case. */
  code: string;
  /** Whose it is; null: nobody's yet, or everybody's. */
  personId: number | null;
  /** One of the two: minor units, or hundredths of a per cent. */
  amount: number | null;
  percentage: number | null;
  description: string | null;
  /** For one person alone; else all get the same one. */
  singleUse: boolean;
  usageLimit: number | null;
  issuedAt: Date | null;
  expiresAt: Date | null;
  usedAt: Date | null;
  usages: number;
  voidedAt: Date | null;
  createdAt: Date;
}

/** What a coupon takes from its list. */
export type CouponWorth = Pick<
  Selectable<CouponListTable>,
  'amount' | 'percentage' | 'description' | 'single_use' | 'usage_limit'
> & {
  /** Of its list. */
  list_expires_at: Date | null;
};

/** To be read of `coupons as coupon` joined with `coupon_lists as list`. */
export const COUPON_COLUMNS = [
  'coupon.id',
  'coupon.site_id',
  'coupon.list_id',
  'coupon.code',
  'coupon.person_id',
  'coupon.issued_at',
  'coupon.expires_at',
  'coupon.used_at',
  'coupon.usages',
  'coupon.voided_at',
  'coupon.created_at',
  'list.amount',
  'list.percentage',
  'list.description',
  'list.single_use',
  'list.usage_limit',
  'list.expires_at as list_expires_at',
] as const;

export function toCoupon(row: Selectable<CouponTable> & CouponWorth): Coupon {
  return {
    id: row.id,
    siteId: row.site_id,
    listId: row.list_id,
    code: row.code,
    personId: row.person_id,
    amount: row.amount,
    percentage: row.percentage,
    description: row.description,
    singleUse: row.single_use,
    usageLimit: row.usage_limit,
    issuedAt: row.issued_at,
    expiresAt: earlier(row.expires_at, row.list_expires_at),
    usedAt: row.used_at,
    usages: row.usages,
    voidedAt: row.voided_at,
    createdAt: row.created_at,
  };
}

function earlier(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}

/** Whether a purchase with it counts no more. */
export function isUsedUp({ singleUse, usages, usedAt, usageLimit }: Coupon): boolean {
  return singleUse ? usedAt !== null : usageLimit !== null && usages >= usageLimit;
}

/** Over by time, or taken back. */
export function isOver({ expiresAt, voidedAt }: Coupon, at: Date): boolean {
  return voidedAt !== null || (expiresAt !== null && expiresAt <= at);
}

/** In plain data, for events. */
export function couponFacts(coupon: Coupon): Record<string, unknown> {
  return JSON.parse(JSON.stringify({ ...coupon, siteId: undefined })) as Record<string, unknown>;
}
