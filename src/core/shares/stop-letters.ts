import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { optOutEmail, personFacts, toSitePerson } from '#core/site-people/index.js';
import { siteFacts, toSite } from '#core/sites/index.js';
import { publishEvent } from '#core/webhooks/index.js';

/** A reader of a letter wants no more of them from its site; what waits for them is not sent either. */
export async function stopLetters(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'wake'>,
  { siteId, email }: { siteId: string; email: string },
): Promise<void> {
  const at = new Date(core.clock.now());
  await inTransaction(core.db, async (tx) => {
    const row = await tx.selectFrom('sites').selectAll().where('id', '=', siteId).executeTakeFirst();
    if (row === undefined) return;
    const site = toSite(row);
    const isNew = await optOutEmail(tx, core, site, email, at);
    await tx
      .updateTable('emails')
      .set({ status: 'failed', next_at: null, ended_at: at, error: 'Its reader wants no more letters.' })
      .where('account_id', '=', site.accountId)
      .where('mode', '=', site.mode)
      .where('to_address', '=', email)
      .where('status', '=', 'pending')
      .where('node_id', 'is', null)
      .where('unsubscribe_url', 'is not', null)
      .execute();
    const person = await tx
      .updateTable('site_people')
      .set({ unsubscribed_at: at, updated_at: at })
      .where('site_id', '=', siteId)
      .where('email', '=', email)
      .where('unsubscribed_at', 'is', null)
      .returningAll()
      .executeTakeFirst();
    if (!isNew) return;
    await publishEvent(tx, {
      ...{ accountId: site.accountId, mode: site.mode, siteId, type: 'site_person.unsubscribed', at },
      subject: person === undefined ? siteId : String(person.id),
      data: { ...siteFacts(site), person: person === undefined ? { email } : personFacts(toSitePerson(person)) },
    });
  });
  core.wake.deliveries();
}
