import type { Core } from '#core/core.js';
import { isEmailAddress } from '#core/email-address.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { findPerson } from '#core/site-people/find-person.js';
import { stopLettersTo } from '#core/site-people/letters-wanted.js';
import type { SitePerson } from '#core/site-people/site-person.js';
import { upsertPerson } from '#core/site-people/upsert-person.js';
import { toSite, type Site } from '#core/sites/index.js';

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
    const upserted = await upsertPerson(tx, site, { email }, at);
    return (await stopLettersTo(tx, core, site, email, { at })) ?? upserted;
  });
  core.wake.deliveries();
  return person;
}

/** A reader of a letter wants no more of them from its site. */
export async function unsubscribeReader(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'wake'>,
  { siteId, email }: { siteId: string; email: string },
): Promise<void> {
  const at = new Date(core.clock.now());
  await inTransaction(core.db, async (tx) => {
    const row = await tx.selectFrom('sites').selectAll().where('id', '=', siteId).executeTakeFirst();
    if (row !== undefined) await stopLettersTo(tx, core, toSite(row), email, { at });
  });
  core.wake.deliveries();
}
