import type { Core } from '#core/core.js';
import { isEmailAddress } from '#core/email-address.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { findPerson } from '#core/site-people/find-person.js';
import { optOutEmail } from '#core/site-people/opt-outs.js';
import { personFacts } from '#core/site-people/person-facts.js';
import { toSitePerson, type SitePerson } from '#core/site-people/site-person.js';
import { upsertPerson } from '#core/site-people/upsert-person.js';
import { siteFacts, type Site } from '#core/sites/index.js';
import { publishEvent } from '#core/webhooks/index.js';

/**
 * No letters of the site go to them any more. Somebody who is not known yet, but has an address, is known from now on.
 * @throws CoreError `site_person.no_address`
 */
export async function unsubscribePerson(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'wake'>,
  site: Site,
  slug: string,
): Promise<SitePerson> {
  const known = await findPerson(core, site, slug).catch((error: unknown) => {
    if (error instanceof CoreError && error.code === 'site_person.not_found') return undefined;
    throw error;
  });
  const email = known?.email ?? slug.trim().toLowerCase();
  if (!isEmailAddress(email)) throw new CoreError('site_person.no_address', "Email isn't valid", { field: 'email' });
  const at = new Date(core.clock.now());
  const person = await inTransaction(core.db, async (tx) => {
    const { id } = await upsertPerson(tx, site, { email }, at);
    const isNew = await optOutEmail(tx, core, site, email, at);
    const row = await tx
      .updateTable('site_people')
      .set((set) => ({ unsubscribed_at: set.fn.coalesce('unsubscribed_at', set.val(at)), updated_at: at }))
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow();
    const after = toSitePerson(row);
    if (isNew) {
      await publishEvent(tx, {
        ...{ accountId: site.accountId, mode: site.mode, siteId: site.id, type: 'site_person.unsubscribed', at },
        subject: String(id),
        data: { ...siteFacts(site), person: personFacts(after) },
      });
    }
    return after;
  });
  core.wake.deliveries();
  return person;
}
