import { sql, type Transaction } from 'kysely';
import type { CouponList } from '#core/coupons/coupon-list.js';
import { siteFacts, type Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';
import { publishEvent } from '#core/webhooks/index.js';

/** Asks the shop for more codes, once until there are enough again. */
export async function askWhenFew(tx: Transaction<Tables>, site: Site, list: CouponList, at: Date): Promise<void> {
  const { refillBelow, prefix, refillAskedAt } = list;
  if (refillBelow === null || prefix !== null || refillAskedAt !== null) return;
  const left = await countFree(tx, list.id, refillBelow);
  if (left >= refillBelow) return;
  const asked = await tx
    .updateTable('coupon_lists')
    .set({ refill_asked_at: at })
    .where('id', '=', list.id)
    .where('refill_asked_at', 'is', null)
    .executeTakeFirst();
  if (asked.numUpdatedRows === 0n) return;
  await askForCodes(tx, site, list, { wanted: refillBelow - left, neededNow: false, person: null }, at);
}

export interface CodesWanted {
  wanted: number;
  /** Somebody waits for one. */
  neededNow: boolean;
  person: Record<string, unknown> | null;
}

/** Of a list that is over none are wanted. Wake the deliveries after it. */
export async function askForCodes(
  tx: Transaction<Tables>,
  site: Site,
  list: CouponList,
  asked: CodesWanted,
  at: Date,
): Promise<void> {
  if (list.expiresAt !== null && list.expiresAt <= at) return;
  const { id, name, amount, percentage, singleUse, usageLimit, validDays } = list;
  await publishEvent(tx, {
    ...{ accountId: site.accountId, mode: site.mode, siteId: site.id, type: 'coupons.wanted', subject: String(id), at },
    data: {
      ...siteFacts(site),
      list: {
        ...{ id, name, amount, percentage, singleUse, usageLimit, validDays },
        expiresAt: list.expiresAt?.toISOString() ?? null,
      },
      ...asked,
    },
  });
}

/** How many codes nobody has yet, counted up to `most`. */
export async function countFree(tx: Transaction<Tables>, listId: number, most: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from (
      select 1 from coupons where list_id = ${listId} and issued_at is null and voided_at is null limit ${most}
    ) as free`.execute(tx);
  return rows[0]?.n ?? 0;
}
