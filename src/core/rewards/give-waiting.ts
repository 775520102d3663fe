import { sql, type Selectable, type Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { findCouponList } from '#core/coupons/index.js';
import { payReward } from '#core/rewards/pay-reward.js';
import { toReward } from '#core/rewards/reward.js';
import { toSite, type Site } from '#core/sites/index.js';
import type { RewardTable, Tables } from '#core/tables.js';

/** Rewards that one transaction pays. */
const BATCH = 200;
const SOME_LISTS = 100;
/** How often the platform looks for rewards that a code is there for after all, milliseconds. */
export const WAITING_EVERY_MS = 60_000;

/**
 * Pays the rewards that wait for codes of this list, the oldest first, as far as there are codes; says how many. Those
 * beyond the first few hundred follow by themselves. Wake the deliveries after it.
 */
export async function giveWaiting(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock' | 'settings'>,
  site: Site,
  listId: number,
): Promise<number> {
  const list = await findCouponList(tx, site, listId);
  const { rows } = await sql<Selectable<RewardTable>>`
    select * from rewards where coupon_list_id = ${list.id} and status = 'unpaid' and coupon_list_id is not null
      and not exists (
        select from referrals where referrals.id = rewards.referral_id and referrals.awaits_event is not null
      )
    order by id limit ${BATCH} for update skip locked`.execute(tx);
  let paid = 0;
  for (const row of rows) {
    const { status } = await payReward(tx, core, site, toReward(row, null), { asks: false });
    if (status !== 'paid') break;
    paid++;
  }
  return paid;
}

/**
 * Pays what could be paid by now: a code that was being handed out was given back when its transaction failed, or more
 * codes came than one transaction could give.
 */
export async function giveAllWaiting(core: Pick<Core, 'db' | 'clock' | 'settings' | 'wake'>): Promise<number> {
  const { rows } = await sql<{ id: number; site_id: string }>`
    select list.id, list.site_id from coupon_lists list
    where exists (select from rewards where coupon_list_id = list.id and status = 'unpaid' and coupon_list_id is not null)
      and (list.prefix is not null or not list.single_use
        or exists (select from coupons where list_id = list.id and issued_at is null and voided_at is null))
    limit ${SOME_LISTS}`.execute(core.db);
  let paid = 0;
  for (const { id, site_id } of rows) {
    const site = await core.db.selectFrom('sites').selectAll().where('id', '=', site_id).executeTakeFirst();
    if (site === undefined) continue;
    for (let given = BATCH; given === BATCH; paid += given) {
      given = await core.db.transaction().execute((tx) => giveWaiting(tx, core, toSite(site), id));
    }
  }
  if (paid > 0) core.wake.deliveries();
  return paid;
}
