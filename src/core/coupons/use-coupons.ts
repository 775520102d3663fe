import { sql, type Transaction } from 'kysely';
import { normalizeCode } from '#core/coupons/coupon-code.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

/** Writes down that something was bought with these codes. One that nobody was given yet is never handed out again. */
export async function useCoupons(
  tx: Transaction<Tables>,
  site: Site,
  codes: readonly string[],
  at: Date,
): Promise<void> {
  if (codes.length === 0) return;
  // In one order, so that two purchases with the same codes do not wait for each other.
  await sql`
    update coupons set usages = usages + 1, used_at = coalesce(used_at, ${at}), issued_at = coalesce(issued_at, ${at})
    where id in (
      select id from coupons where site_id = ${site.id} and code = any(${[...new Set(codes.map(normalizeCode))]})
      order by id for update
    )`.execute(tx);
}

/** Takes a code back, unless it was used or is everybody's. Says whether it is dead now. */
export async function voidCoupon(tx: Transaction<Tables>, site: Site, id: number, at: Date): Promise<boolean> {
  const { rows } = await sql<{ id: number }>`
    update coupons set voided_at = coalesce(voided_at, ${at})
    where site_id = ${site.id} and id = ${id} and used_at is null
      and exists (select from coupon_lists where coupon_lists.id = coupons.list_id and single_use)
    returning id`.execute(tx);
  return rows.length > 0;
}
