import { sql, type Selectable, type Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { findCouponList } from '#core/coupons/index.js';
import { inTransaction } from '#core/in-transaction.js';
import { payReward } from '#core/rewards/pay-reward.js';
import { toReward } from '#core/rewards/reward.js';
import type { Site } from '#core/sites/index.js';
import type { RewardTable, Tables } from '#core/tables.js';

/** Rewards that one transaction pays. */
const BATCH = 200;
/** Lists that are looked for at once. */
const SOME_LISTS = 100;
/** How often the platform looks for rewards that a code is there for after all, milliseconds. */
export const WAITING_EVERY_MS = 60_000;

/**
 * Pays the rewards that wait for codes of this list, the oldest first, as far as there are codes, and at most so many;
 * says how many. Those beyond them follow by themselves. Wake the deliveries after it.
 */
export async function giveWaiting(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock' | 'settings'>,
  site: Site,
  listId: number,
  most = BATCH,
): Promise<number> {
  const list = await findCouponList(tx, site, listId);
  const { rows } = await sql<Selectable<RewardTable>>`
    select * from rewards where coupon_list_id = ${list.id} and status = 'unpaid' and coupon_list_id is not null
      and not exists (
        select from referrals where referrals.id = rewards.referral_id and referrals.awaits_event is not null
      )
    order by id limit ${most} for update skip locked`.execute(tx);
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
export async function giveAllWaiting(
  core: Pick<Core, 'db' | 'clock' | 'settings' | 'knownSites' | 'wake'>,
): Promise<number> {
  let paid = 0;
  for (let lists = await someLists(core, 0); lists.length > 0; lists = await someLists(core, lists.at(-1)?.id ?? 0)) {
    for (const { id, siteId } of lists) {
      const site = await core.knownSites.withId(siteId);
      if (site === undefined) continue;
      for (let given = BATCH; given === BATCH; paid += given) {
        given = await inTransaction(core.db, (tx) => giveWaiting(tx, core, site, id));
      }
    }
  }
  if (paid > 0) core.wake.deliveries();
  return paid;
}

/** Those after this one that rewards wait for, and that may have codes for them. */
async function someLists(core: Pick<Core, 'db' | 'clock'>, after: number): Promise<{ id: number; siteId: string }[]> {
  const at = new Date(core.clock.now());
  const { rows } = await sql<{ id: number; siteId: string }>`
    select list.id, list.site_id as "siteId" from coupon_lists list
    where list.id > ${after} and (list.expires_at is null or list.expires_at > ${at})
      and exists (select from rewards where coupon_list_id = list.id and status = 'unpaid' and coupon_list_id is not null)
      and (list.prefix is not null or not list.single_use
        or exists (select from coupons where list_id = list.id and issued_at is null and voided_at is null))
    order by list.id limit ${SOME_LISTS}`.execute(core.db);
  return rows;
}
