import type { Core } from '#core/core.js';
import { addCouponCodes, type AddedCodes } from '#core/coupons/index.js';
import { inTransaction } from '#core/in-transaction.js';
import { giveWaiting } from '#core/rewards/give-waiting.js';
import type { Site } from '#core/sites/index.js';

/**
 * Adds codes to a list, and gives them to the rewards that wait for them. Wake the deliveries after it.
 * @throws CoreError `coupon_list.bad_input`, `coupon_list.not_found`
 */
export function handInCodes(
  core: Pick<Core, 'db' | 'clock' | 'settings'>,
  site: Site,
  input: Parameters<typeof addCouponCodes>[2],
): Promise<AddedCodes> {
  return inTransaction(core.db, async (tx) => {
    const added = await addCouponCodes({ ...core, db: tx }, site, input);
    await giveWaiting(tx, core, site, input.listId);
    return added;
  });
}
