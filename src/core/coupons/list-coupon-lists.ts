import type { Core, Db } from '#core/core.js';
import { toCouponList, type CouponList } from '#core/coupons/coupon-list.js';
import type { Site } from '#core/sites/index.js';

/** A list, and how many codes of it there are. */
export interface CountedCouponList extends CouponList {
  codes: { total: number; issued: number };
}

/** All of a site, in the order in which they were made. */
export async function listCouponLists(core: Pick<Core, 'db'>, site: Site): Promise<CouponList[]> {
  const rows = await core.db
    .selectFrom('coupon_lists')
    .selectAll()
    .where('site_id', '=', site.id)
    .orderBy('id')
    .execute();
  return rows.map(toCouponList);
}

/** The same lists with their counts. */
export async function countCodes(db: Db, lists: readonly CouponList[]): Promise<CountedCouponList[]> {
  if (lists.length === 0) return [];
  const counts = await db
    .selectFrom('coupons')
    .select((eb) => ['list_id', eb.fn.countAll<number>().as('total'), eb.fn.count<number>('issued_at').as('issued')])
    .where(
      'list_id',
      'in',
      lists.map(({ id }) => id),
    )
    .groupBy('list_id')
    .execute();
  return lists.map((list) => {
    const count = counts.find(({ list_id: id }) => id === list.id);
    return { ...list, codes: { total: Number(count?.total ?? 0), issued: Number(count?.issued ?? 0) } };
  });
}
