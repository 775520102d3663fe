import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import type { Event } from '#core/events.js';
import type { Tables } from '#core/tables.js';

/**
 * Puts the code into its list that the shop was asked to take, and has taken: once, however often it says so. Says into
 * which list; undefined: into none, for it is over, or gone, or not one for such codes any more.
 */
export async function putInWanted(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock'>,
  { subject, data }: Pick<Event, 'subject' | 'data'>,
): Promise<{ listId: number; siteId: string } | undefined> {
  const code = data['code'];
  if (typeof code !== 'string' || data['sample'] === true) return undefined;
  const at = new Date(core.clock.now());
  const list = await tx
    .selectFrom('coupon_lists')
    .select(['id', 'site_id'])
    .where('id', '=', Number(subject))
    .where('single_use', '=', true)
    .where('prefix', 'is', null)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', at)]))
    // It stays until the code is in it.
    .forKeyShare()
    .executeTakeFirst();
  if (list === undefined) return undefined;
  const { numInsertedOrUpdatedRows: added } = await tx
    .insertInto('coupons')
    .values({ site_id: list.site_id, list_id: list.id, code, created_at: at })
    .onConflict((conflict) => conflict.columns(['site_id', 'code']).doNothing())
    .executeTakeFirstOrThrow();
  if (added === 0n) return undefined;
  if (data['endsRefill'] === true) {
    await tx.updateTable('coupon_lists').set({ refill_asked_at: null }).where('id', '=', list.id).execute();
  }
  return { listId: list.id, siteId: list.site_id };
}
