import { sql, type Transaction } from 'kysely';
import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { lockReferral } from '#core/referrals/decide-referral.js';
import type { Referral } from '#core/referrals/referral.js';
import { payUnpaid } from '#core/rewards/index.js';
import { toSite, type Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';
import { dialectsAwaiting } from '#core/webhooks/index.js';

const SOME = 100;

/** Pays what waited until the shop had heard of this event. Wake the deliveries after it. */
export async function payAwaited(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock' | 'settings'>,
  eventId: string,
): Promise<void> {
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
}

/**
 * Pays what can wait for nothing any more: the endpoint that was to hear is removed, or what it was to hear is erased.
 * @returns how many referrals
 */
export async function payUnheard(
  core: Pick<Core, 'db' | 'clock' | 'settings' | 'dialects' | 'wake' | 'log'>,
): Promise<number> {
  const dialects = dialectsAwaiting(core, 'referral.approved');
  const { rows } = await sql<{ awaits_event: string }>`
    select awaits_event from referrals
    where awaits_event is not null and not exists (
      select from deliveries
      join events on events.id = deliveries.event_id and events.data <> '{}'
      join webhook_endpoints endpoint on endpoint.id = deliveries.endpoint_id
      where deliveries.event_id = awaits_event and deliveries.dialect = any(${dialects})
    )
    order by id limit ${SOME}`.execute(core.db);
  for (const { awaits_event: eventId } of rows) {
    try {
      await inTransaction(core.db, (tx) => payAwaited(tx, core, eventId));
    } catch (error) {
      // It holds up no other.
      core.log.error({ error: String(error), event: eventId }, 'rewards that wait for nothing could not be paid');
    }
  }
  if (rows.length > 0) core.wake.deliveries();
  return rows.length;
}

/**
 * Pays a referral whose rewards wait until the shop has heard of it: it has, in another way. Where nothing waits, nothing
 * happens.
 * @throws CoreError `referral.not_found`
 */
export async function payByHand(
  core: Pick<Core, 'db' | 'clock' | 'settings' | 'wake'>,
  site: Site,
  { originId, actor }: { originId: number; actor: string },
): Promise<Referral> {
  const at = new Date(core.clock.now());
  const paid = await inTransaction(core.db, async (tx) => {
    const referral = await lockReferral(tx, site, { originId });
    if (referral === undefined) throw new CoreError('referral.not_found', 'No referral found by its origin.');
    if (referral.awaitsEvent === null) return referral;
    await payAwaited(tx, core, referral.awaitsEvent);
    const { accountId, mode } = site;
    const details = { site: site.slug, mode, origin: originId };
    await recordAudit(tx, { accountId, actor, action: 'referral.pay', subject: String(referral.id), details, at });
    return { ...referral, awaitsEvent: null, updatedAt: at };
  });
  core.wake.deliveries();
  return paid;
}
