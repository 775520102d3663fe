import { sql, type Transaction } from 'kysely';
import type { CouponList } from '#core/coupons/coupon-list.js';
import { freshCodes } from '#core/coupons/made-up-code.js';
import { siteFacts, type Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';
import { isHeard, publishEvents } from '#core/webhooks/index.js';

/** Where the list says nothing else, there are to be as many codes as were handed out in so long, within limits. */
const USE_MS = 21 * 86_400_000;
const LEAST_LEFT = 20;
const MOST_LEFT = 1000;
/** That are asked for at a time. */
const AT_A_TIME = 15;
/** A shop that puts none in is asked again after it. */
const ASK_AGAIN_MS = 86_400_000;

/** Asks the shop for more codes, once until they came, or a day has gone by. */
export async function askWhenFew(tx: Transaction<Tables>, site: Site, list: CouponList, at: Date): Promise<void> {
  const { refillBelow, prefix, refillAskedAt, singleUse } = list;
  const longAgo = new Date(at.getTime() - ASK_AGAIN_MS);
  if (prefix !== null || (refillAskedAt !== null && refillAskedAt > longAgo)) return;
  if ((refillBelow === null && !singleUse) || !(await isHeard(tx, site, 'coupons.wanted'))) return;
  const left = await countFree(tx, list.id, refillBelow ?? MOST_LEFT);
  const least = refillBelow ?? (await countUse(tx, list.id, at));
  if (left >= least) return;
  const asked = await tx
    .updateTable('coupon_lists')
    .set({ refill_asked_at: at })
    .where('id', '=', list.id)
    .where((where) => where.or([where('refill_asked_at', 'is', null), where('refill_asked_at', '<=', longAgo)]))
    .executeTakeFirst();
  if (asked.numUpdatedRows === 0n) return;
  const wanted = Math.min(least - left, AT_A_TIME);
  await askForCodes(tx, site, list, { wanted, neededNow: false, person: null }, at);
}

export interface CodesWanted {
  wanted: number;
  /** Somebody waits for one. */
  neededNow: boolean;
  person: Record<string, unknown> | null;
}

/**
 * Suggests a code to the shop for each that is wanted of a list whose codes are for one person each; otherwise asks for
 * some. Of a list that is over, or makes its own codes, none are wanted. Says whether it asked. Wake the deliveries after
 * it.
 */
export async function askForCodes(
  tx: Transaction<Tables>,
  site: Site,
  list: CouponList,
  asked: CodesWanted,
  at: Date,
): Promise<boolean> {
  if (list.prefix !== null || (list.expiresAt !== null && list.expiresAt <= at)) return false;
  const { id, name, amount, percentage, singleUse, usageLimit, validDays } = list;
  const data = {
    ...siteFacts(site),
    list: {
      ...{ id, name, amount, percentage, singleUse, usageLimit, validDays },
      expiresAt: list.expiresAt?.toISOString() ?? null,
    },
    ...asked,
  };
  const codes = singleUse ? await freshCodes(tx, site, asked.wanted) : [null];
  await publishEvents(
    tx,
    { accountId: site.accountId, mode: site.mode, siteId: site.id, type: 'coupons.wanted', at },
    codes.map((code, n) => ({
      subject: String(id),
      // With the last of a refill, more can be asked for.
      data: { ...data, code, endsRefill: !asked.neededNow && n === codes.length - 1 },
    })),
  );
  return true;
}

/** How many codes nobody has yet, counted up to `most`. */
async function countFree(tx: Transaction<Tables>, listId: number, most: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from (
      select 1 from coupons where list_id = ${listId} and issued_at is null and voided_at is null limit ${most}
    ) as free`.execute(tx);
  return rows[0]?.n ?? 0;
}

/**
 * How many codes a list is to have that nobody has yet. Codes are handed out in the order of their ids, so the latest
 * ones say it, however long the list is.
 */
async function countUse(tx: Transaction<Tables>, listId: number, at: Date): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from (
      select issued_at from coupons where list_id = ${listId} order by id desc limit ${2 * MOST_LEFT}
    ) as latest where issued_at > ${new Date(at.getTime() - USE_MS)}`.execute(tx);
  return Math.min(Math.max(rows[0]?.n ?? 0, LEAST_LEFT), MOST_LEFT);
}
