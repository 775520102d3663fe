import type { Db } from '#core/core.js';

/** What so many points can be redeemed for: a coupon of a list. */
export interface RedemptionBatch {
  couponListId: number;
  /** Within its campaign it is known by this. */
  description: string;
  pointsCost: number;
}

/** Those of a campaign, in their order. */
export async function redemptionBatchesOf(db: Db, campaignId: number): Promise<RedemptionBatch[]> {
  const rows = await db
    .selectFrom('redemption_batches')
    .selectAll()
    .where('campaign_id', '=', campaignId)
    .where('removed_at', 'is', null)
    .orderBy('position')
    .orderBy('id')
    .execute();
  return rows.map(toBatch);
}

/** Makes them these: one of the same description keeps its id, and those that are gone were redeemed for by somebody. */
export async function writeRedemptionBatches(
  tx: Db,
  campaignId: number,
  batches: readonly RedemptionBatch[],
  at: Date,
): Promise<void> {
  const before = await tx
    .selectFrom('redemption_batches')
    .selectAll()
    .where('campaign_id', '=', campaignId)
    .where('removed_at', 'is', null)
    .execute();
  const gone = before.filter(({ description }) => !batches.some((batch) => batch.description === description));
  if (gone.length > 0) {
    await tx
      .updateTable('redemption_batches')
      .set({ removed_at: at })
      .where(
        'id',
        'in',
        gone.map(({ id }) => id),
      )
      .execute();
  }
  for (const [position, { couponListId, description, pointsCost }] of batches.entries()) {
    const values = { coupon_list_id: couponListId, points_cost: pointsCost, position };
    const same = before.find((row) => row.description === description);
    if (same === undefined) {
      await tx
        .insertInto('redemption_batches')
        .values({ campaign_id: campaignId, description, ...values })
        .execute();
    } else {
      await tx.updateTable('redemption_batches').set(values).where('id', '=', same.id).execute();
    }
  }
}

function toBatch(row: { coupon_list_id: number; description: string; points_cost: number }): RedemptionBatch {
  return { couponListId: row.coupon_list_id, description: row.description, pointsCost: row.points_cost };
}
