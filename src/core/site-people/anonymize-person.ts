import type { Transaction } from 'kysely';
import { randomUUID } from 'node:crypto';
import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { forgetReplies } from '#core/forget-replies.js';
import { inTransaction } from '#core/in-transaction.js';
import { eraseTraces, subjectsOf } from '#core/site-people/erase-traces.js';
import { toSitePerson, type SitePerson } from '#core/site-people/site-person.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';
import { forgetEvents } from '#core/webhooks/index.js';

/**
 * Erases who somebody is, everywhere (rule 21): what stays is that somebody bought, recommended and was given something,
 * under an address that nobody has. That they want no letters goes on by a keyed hash.
 */
export async function anonymizePerson(
  core: Pick<Core, 'db' | 'clock'>,
  site: Site,
  { id, actor }: { id: number; actor: string },
): Promise<SitePerson> {
  const { accountId, mode } = site;
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    // Whatever is done for them now is done first, and then seen here.
    const row = await tx
      .selectFrom('site_people')
      .selectAll()
      .where('site_id', '=', site.id)
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    const before = toSitePerson(row);
    if (before.anonymizedAt !== null) return before;
    const subjects = await subjectsOf(tx, before);
    await eraseTraces(tx, site, before);
    await endPromises(tx, id, at);
    await forgetEvents(tx, { accountId }, subjects);
    const words = [before.email, before.phone, before.username, before.customerId];
    // A short one would be found in replies about everybody.
    await forgetReplies(tx, { accountId, mode }, words.filter((word) => word !== null && word.length > 4) as string[]);
    const after = await tx
      .updateTable('site_people')
      .set({
        email: `${randomUUID()}@anonymized.email`,
        ...{ mailbox: null, phone: null, username: null, customer_id: null, first_name: null, last_name: null },
        ...{ name_key: null },
        ...{ properties: '{}', sub_choice: null, subscribed_at: null, opted_in_at: null },
        ...{ unsubscribed_at: null, anonymized_at: at, updated_at: at },
      })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow();
    const details = { site: site.slug, mode };
    await recordAudit(tx, { accountId, actor, action: 'site_person.anonymize', subject: String(id), details, at });
    return toSitePerson(after);
  });
}

/** Nobody comes by their offers any more, and what waits for them is given to nobody. */
async function endPromises(tx: Transaction<Tables>, id: number, at: Date): Promise<void> {
  await tx
    .updateTable('offers')
    .set({ expires_at: at })
    .where('person_id', '=', id)
    .where((offer) => offer.or([offer('expires_at', 'is', null), offer('expires_at', '>', at)]))
    .execute();
  await tx
    .updateTable('rewards')
    .set({ status: 'voided', void_reason: 'Whoever it was for was erased', voided_at: at })
    .where('person_id', '=', id)
    .where('status', '=', 'unpaid')
    .execute();
}
