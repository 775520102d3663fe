import { sql, type Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { payUnpaid } from '#core/rewards/index.js';
import { toSite } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

const SOME = 100;

/** Pays what waited until the shop had heard of this event; says whether something did. Wake the deliveries after it. */
export async function payAwaited(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock' | 'settings'>,
  eventId: string,
): Promise<boolean> {
  const waited = await tx
    .updateTable('referrals')
    .set({ awaits_event: null, updated_at: new Date(core.clock.now()) })
    .where('awaits_event', '=', eventId)
    .returning(['id', 'site_id'])
    .execute();
  for (const { id, site_id } of waited) {
    const site = await tx.selectFrom('sites').selectAll().where('id', '=', site_id).executeTakeFirstOrThrow();
    await payUnpaid(tx, core, toSite(site), id);
  }
  return waited.length > 0;
}

/**
 * Pays what waits for nothing any more: the shop has heard of it, or the endpoint that was to hear is gone or given up.
 * @returns how many referrals
 */
export async function payUnheard(core: Pick<Core, 'db' | 'clock' | 'settings' | 'wake'>): Promise<number> {
  const { rows } = await sql<{ awaits_event: string }>`
    select awaits_event from referrals
    where awaits_event is not null and not exists (
      select from deliveries where event_id = awaits_event and status = 'pending'
    )
    limit ${SOME}`.execute(core.db);
  for (const { awaits_event: eventId } of rows) {
    await core.db.transaction().execute((tx) => payAwaited(tx, core, eventId));
  }
  if (rows.length > 0) core.wake.deliveries();
  return rows.length;
}
