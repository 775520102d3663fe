import { isDeepStrictEqual } from 'node:util';
import { recordAudit } from '#core/accounts/index.js';
import type { Core, Db } from '#core/core.js';
import { bad, checkCouponList, type SaveCouponList } from '#core/coupons/check-coupon-list.js';
import { toCouponList, type CouponList } from '#core/coupons/coupon-list.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { lockSite, type Site } from '#core/sites/index.js';

/** Of one site. */
const MOST_LISTS = 500;

export interface SavedCouponList {
  list: CouponList;
  saved: 'created' | 'changed' | 'unchanged';
}

/**
 * Makes the list that `which` names this, or a new one: `new`; `named`: the one of its name, if there is one; an id.
 * @throws CoreError `coupon_list.bad_input`, `coupon_list.name_taken`, `coupon_list.not_found`
 */
export async function saveCouponList(
  core: Pick<Core, 'db' | 'clock'>,
  site: Site,
  input: SaveCouponList,
  { actor, which }: { actor: string; which: 'new' | 'named' | number },
): Promise<SavedCouponList> {
  const list = checkCouponList(input);
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    // One after the other: names are told apart, and the limit is exact.
    await lockSite(tx, site.id);
    const rows = await tx.selectFrom('coupon_lists').selectAll().where('site_id', '=', site.id).execute();
    const named = rows.find(({ name }) => name === list.name);
    const row = typeof which === 'number' ? rows.find(({ id }) => id === which) : which === 'named' ? named : undefined;
    if (typeof which === 'number' && row === undefined) throw notFound();
    if (named !== undefined && named.id !== row?.id) {
      throw new CoreError('coupon_list.name_taken', `There is a coupon list "${list.name}" already.`, {
        field: 'name',
      });
    }
    const values = {
      ...{ name: list.name, amount: list.amount, percentage: list.percentage, description: list.description },
      ...{ single_use: list.singleUse, usage_limit: list.usageLimit, expires_at: list.expiresAt },
      ...{ valid_days: list.validDays, prefix: list.prefix, refill_below: list.refillBelow },
    };
    if (row === undefined) {
      if (list.expiresAt !== null && list.expiresAt <= at) {
        throw bad('expiresAt', '`expires_at` is over: nobody could use the codes.');
      }
      if (rows.length >= MOST_LISTS) throw bad('name', `A site has at most ${MOST_LISTS} coupon lists.`);
      const made = await tx
        .insertInto('coupon_lists')
        .values({ site_id: site.id, ...values, created_at: at, updated_at: at })
        .returningAll()
        .executeTakeFirstOrThrow();
      await audit(tx, site, { actor, action: 'create', id: made.id, details: { name: made.name }, at });
      return { list: toCouponList(made), saved: 'created' };
    }
    if (isDeepStrictEqual(valuesOf(toCouponList(row)), valuesOf(list))) {
      return { list: toCouponList(row), saved: 'unchanged' };
    }
    if (row.single_use !== list.singleUse && (await hasCodes(tx, row.id))) {
      throw bad('singleUse', 'Whether codes are for one person stays once there are codes.');
    }
    const changed = await tx
      .updateTable('coupon_lists')
      .set({ ...values, updated_at: at })
      .where('id', '=', row.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await audit(tx, site, { actor, action: 'update', id: row.id, details: { name: changed.name }, at });
    return { list: toCouponList(changed), saved: 'changed' };
  });
}

/**
 * With the codes of it that nobody has.
 * @throws CoreError `coupon_list.not_found`, `coupon_list.in_use`
 */
export async function removeCouponList(
  core: Pick<Core, 'db' | 'clock'>,
  site: Site,
  id: number,
  actor: string,
): Promise<void> {
  const at = new Date(core.clock.now());
  await inTransaction(core.db, async (tx) => {
    await lockSite(tx, site.id);
    const row = await tx
      .selectFrom('coupon_lists')
      .select(['id', 'name'])
      .where('site_id', '=', site.id)
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined) throw notFound();
    if (await isUsed(tx, site, id)) {
      throw new CoreError('coupon_list.in_use', 'Campaigns name the coupon list, or somebody has a code of it.');
    }
    await tx.deleteFrom('coupon_lists').where('id', '=', id).execute();
    await audit(tx, site, { actor, action: 'remove', id, details: { name: row.name }, at });
  });
}

async function isUsed(tx: Db, site: Site, listId: number): Promise<boolean> {
  const campaigns = await tx
    .selectFrom('referral_campaigns')
    .select('settings')
    .where('site_id', '=', site.id)
    .execute();
  if (campaigns.some(({ settings }) => settings.incentives.some(({ couponListId }) => couponListId === listId))) {
    return true;
  }
  for (const table of ['rewards', 'redemption_batches'] as const) {
    const row = await tx
      .selectFrom(table)
      .select('id')
      .where('coupon_list_id', '=', listId)
      .limit(1)
      .executeTakeFirst();
    if (row !== undefined) return true;
  }
  const issued = await tx
    .selectFrom('coupons')
    .select('id')
    .where('list_id', '=', listId)
    .where('issued_at', 'is not', null)
    .limit(1)
    .executeTakeFirst();
  return issued !== undefined;
}

async function hasCodes(tx: Db, listId: number): Promise<boolean> {
  const row = await tx.selectFrom('coupons').select('id').where('list_id', '=', listId).limit(1).executeTakeFirst();
  return row !== undefined;
}

function valuesOf(list: SaveCouponList): unknown {
  const { name, amount, percentage, description, singleUse, usageLimit, expiresAt, validDays, prefix, refillBelow } =
    list;
  return { name, amount, percentage, description, singleUse, usageLimit, expiresAt, validDays, prefix, refillBelow };
}

function notFound(): CoreError {
  return new CoreError('coupon_list.not_found', 'No coupon list found by its id.');
}

interface Act {
  actor: string;
  action: 'create' | 'update' | 'remove' | 'add_codes';
  id: number;
  details: Record<string, unknown>;
  at: Date;
}

export async function audit(tx: Db, site: Site, { actor, action, id, details, at }: Act): Promise<void> {
  await recordAudit(tx, {
    ...{ accountId: site.accountId, actor, action: `coupon_list.${action}`, subject: String(id) },
    ...{ details: { site: site.slug, mode: site.mode, ...details }, at },
  });
}
