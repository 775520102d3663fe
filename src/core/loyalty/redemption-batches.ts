import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { LoyaltyCampaign } from '#core/loyalty/loyalty-campaign.js';
import { toCouponList, type CouponList } from '#core/coupons/index.js';
import type { Site } from '#core/sites/index.js';

/** What points can be redeemed for: a code of a list. */
export interface RedemptionBatch {
  id: number;
  description: string;
  pointsCost: number;
  position: number;
  list: CouponList;
  /** Null: they are made up as they are needed, or one is for all. */
  couponsLeft: number | null;
}

/** Those of a campaign, in its order. */
export async function listRedemptionBatches(
  core: Pick<Core, 'db' | 'clock'>,
  site: Site,
  campaign: LoyaltyCampaign,
): Promise<RedemptionBatch[]> {
  const at = new Date(core.clock.now());
  const rows = await core.db
    .selectFrom('redemption_batches as batch')
    .innerJoin('coupon_lists as list', 'list.id', 'batch.coupon_list_id')
    .selectAll('list')
    .select(['batch.id as batch_id', 'batch.description as batch_description', 'points_cost', 'position'])
    .select((row) => [
      row
        .selectFrom('coupons')
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .whereRef('coupons.list_id', '=', 'list.id')
        .where('issued_at', 'is', null)
        .where('voided_at', 'is', null)
        .as('free'),
      row
        .selectFrom('coupons')
        .select(sql<number>`list.usage_limit - min(usages)`.as('n'))
        .whereRef('coupons.list_id', '=', 'list.id')
        .where('voided_at', 'is', null)
        .where('list.single_use', '=', false)
        .as('uses'),
    ])
    .where('batch.campaign_id', '=', campaign.id)
    .where('batch.removed_at', 'is', null)
    .where('list.site_id', '=', site.id)
    .orderBy('batch.position')
    .orderBy('batch.id')
    .execute();
  return rows.map(({ batch_id: id, batch_description: description, points_cost: pointsCost, position, ...row }) => {
    const list = toCouponList(row);
    const couponsLeft = left(list, { free: row.free ?? 0, uses: row.uses }, at);
    return { id, description, pointsCost, position, list, couponsLeft };
  });
}

function left(
  { expiresAt, singleUse, prefix, usageLimit }: CouponList,
  { free, uses }: { free: number; uses: number | null },
  at: Date,
): number | null {
  if (expiresAt !== null && expiresAt <= at) return 0;
  if (singleUse) return prefix === null ? free : null;
  // The code of a list that has none yet is made up, or still to be handed in.
  if (uses === null && prefix === null && usageLimit !== null) return 0;
  return uses === null ? usageLimit : Math.max(0, uses);
}

/** @throws CoreError `redemption_batch.not_found` */
export async function findRedemptionBatch(
  core: Pick<Core, 'db'>,
  campaign: LoyaltyCampaign,
  id: number,
): Promise<{ id: number; description: string; pointsCost: number; listId: number }> {
  const row = await core.db
    .selectFrom('redemption_batches')
    .selectAll()
    .where('id', '=', id)
    .where('campaign_id', '=', campaign.id)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  if (row === undefined) {
    throw new CoreError('redemption_batch.not_found', 'No redemption batch found.', { field: 'batchId' });
  }
  const { description, points_cost: pointsCost, coupon_list_id: listId } = row;
  return { id, description, pointsCost, listId };
}
