import { sql, type Selectable, type Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { askWhenFew } from '#core/coupons/ask-for-codes.js';
import { findCouponList, ownEndOfCode, type CouponList } from '#core/coupons/coupon-list.js';
import { toCoupon, type Coupon } from '#core/coupons/coupon.js';
import { madeUpCode, MOST_TRIES } from '#core/coupons/made-up-code.js';
import type { Site } from '#core/sites/index.js';
import type { CouponTable, Tables } from '#core/tables.js';

export interface TakeCoupon {
  listId: number;
  /** Null: nobody says yet who they are. */
  personId: number | null;
}

/**
 * Hands out a code of the list, to one person alone where its codes are for one. Undefined: none is left, or the list is
 * over. Wake the deliveries after it: the shop may be asked for more.
 * @throws CoreError `coupon_list.not_found`
 */
export async function takeCoupon(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock'>,
  site: Site,
  { listId, personId }: TakeCoupon,
): Promise<Coupon | undefined> {
  const at = new Date(core.clock.now());
  const list = await findCouponList(tx, site, listId);
  if (list.expiresAt !== null && list.expiresAt <= at) return undefined;
  const row = list.singleUse ? await takeOne(tx, list, personId, at) : await takeShared(tx, list, at);
  if (row === undefined) return undefined;
  await askWhenFew(tx, site, list, at);
  const { amount, percentage, description } = list;
  return toCoupon({
    ...row,
    ...{ amount, percentage, description, single_use: list.singleUse },
    ...{ usage_limit: list.usageLimit, list_expires_at: list.expiresAt },
  });
}

async function takeOne(
  tx: Transaction<Tables>,
  list: CouponList,
  personId: number | null,
  at: Date,
): Promise<Selectable<CouponTable> | undefined> {
  const handedOut = { person_id: personId, issued_at: at, expires_at: ownEndOfCode(list, at) };
  if (list.prefix !== null) return makeUp(tx, list, list.prefix, handedOut, at);
  // Those that others are just taking are passed over: nobody waits, and nobody gets the same.
  return tx
    .updateTable('coupons')
    .set(handedOut)
    .where('id', '=', (from) =>
      from
        .selectFrom('coupons')
        .select('id')
        .where('list_id', '=', list.id)
        .where('issued_at', 'is', null)
        .where('voided_at', 'is', null)
        .orderBy('id')
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returningAll()
    .executeTakeFirst();
}

/** The one code of the list, which is the same for everybody, unless its limit is reached. */
async function takeShared(
  tx: Transaction<Tables>,
  list: CouponList,
  at: Date,
): Promise<Selectable<CouponTable> | undefined> {
  const { id, prefix, usageLimit } = list;
  /** One that still holds, before one that does not. */
  const find = (): Promise<Selectable<CouponTable> | undefined> =>
    tx
      .selectFrom('coupons')
      .selectAll()
      .where('list_id', '=', id)
      .where('voided_at', 'is', null)
      .$if(usageLimit !== null, (query) => query.orderBy(sql`usages >= ${usageLimit}`))
      .orderBy('id')
      .limit(1)
      .executeTakeFirst();
  let code = await find();
  if (code === undefined && prefix !== null) {
    // One after the other, so that there is one code.
    await tx.selectFrom('coupon_lists').select('id').where('id', '=', id).forNoKeyUpdate().execute();
    code = (await find()) ?? (await makeUp(tx, list, prefix, { issued_at: at }, at));
  }
  return code !== undefined && usageLimit !== null && code.usages >= usageLimit ? undefined : code;
}

async function makeUp(
  tx: Transaction<Tables>,
  list: CouponList,
  prefix: string,
  handedOut: { person_id?: number | null; issued_at: Date; expires_at?: Date | null },
  at: Date,
): Promise<Selectable<CouponTable>> {
  for (let left = MOST_TRIES; left > 0; left--) {
    const row = await tx
      .insertInto('coupons')
      .values({ site_id: list.siteId, list_id: list.id, code: madeUpCode(prefix), ...handedOut, created_at: at })
      .onConflict((conflict) => conflict.columns(['site_id', 'code']).doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row !== undefined) return row;
  }
  throw new Error(`no code could be made up for the coupon list ${list.id}`);
}
