import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { putInWanted } from '#core/coupons/index.js';
import type { Event } from '#core/events.js';
import { giveWaiting } from '#core/rewards/give-waiting.js';
import { toSite } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

/**
 * The shop took the code that this event of `coupons.wanted` suggests: it is in the list from now on, or given at once to
 * whoever waits the longest. Wake the deliveries after it.
 */
export async function handInWanted(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock' | 'settings'>,
  event: Pick<Event, 'subject' | 'data'>,
): Promise<void> {
  const put = await putInWanted(tx, core, event);
  if (put === undefined) return;
  const site = await tx.selectFrom('sites').selectAll().where('id', '=', put.siteId).executeTakeFirstOrThrow();
  // One, for others do the same with the other codes at this moment.
  await giveWaiting(tx, core, toSite(site), put.listId, 1);
}
