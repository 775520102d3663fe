import type { Core } from '#core/core.js';
import { normalizeCode } from '#core/coupons/coupon-code.js';
import { COUPON_COLUMNS, toCoupon, type Coupon } from '#core/coupons/coupon.js';
import type { Site } from '#core/sites/index.js';

/** Undefined: it is none of ours. */
export async function findCoupon(core: Pick<Core, 'db'>, site: Site, code: string): Promise<Coupon | undefined> {
  const row = await core.db
    .selectFrom('coupons as coupon')
    .innerJoin('coupon_lists as list', 'list.id', 'coupon.list_id')
    .select(COUPON_COLUMNS)
    .where('coupon.site_id', '=', site.id)
    .where('coupon.code', '=', normalizeCode(code))
    .executeTakeFirst();
  return row === undefined ? undefined : toCoupon(row);
}

/** Those of these ids, by their id. */
export async function couponsById(
  core: Pick<Core, 'db'>,
  site: Site,
  ids: readonly number[],
): Promise<Map<number, Coupon>> {
  if (ids.length === 0) return new Map();
  const rows = await core.db
    .selectFrom('coupons as coupon')
    .innerJoin('coupon_lists as list', 'list.id', 'coupon.list_id')
    .select(COUPON_COLUMNS)
    .where('coupon.site_id', '=', site.id)
    .where('coupon.id', 'in', [...new Set(ids)])
    .execute();
  return new Map(rows.map((row) => [row.id, toCoupon(row)]));
}
