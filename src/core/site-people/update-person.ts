import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { isEmailAddress } from '#core/email-address.js';
import { inTransaction } from '#core/in-transaction.js';
import { findPerson } from '#core/site-people/find-person.js';
import { agreeToLetters, stopLettersTo } from '#core/site-people/letters-wanted.js';
import { mailboxOf } from '#core/site-people/mailbox.js';
import { nameKey } from '#core/site-people/name-key.js';
import { checkEmail, checkIdentity, checkPropertyCount } from '#core/site-people/person-identity.js';
import { isSignedIdentity } from '#core/site-people/signed-identity.js';
import { toSitePerson, type SitePerson } from '#core/site-people/site-person.js';
import { upsertPerson } from '#core/site-people/upsert-person.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

/** What changes of somebody; null takes it away. */
export interface PersonChanges {
  email?: string | undefined;
  phone?: string | null | undefined;
  username?: string | null | undefined;
  customerId?: string | null | undefined;
  firstName?: string | null | undefined;
  lastName?: string | null | undefined;
  /** Added to those that are known. */
  properties?: Record<string, string | null> | undefined;
  /** HMAC-SHA256 of the address under the site's key, in hex: where it is given it must hold. */
  identifierHash?: string | undefined;
  /** What they chose of letters. */
  subscribed?: boolean | undefined;
  unsubscribed?: boolean | undefined;
  unsubscribedAt?: Date | undefined;
}

/**
 * `slug` as `findPerson` takes it. Nobody known by an e-mail address: they are known from now on.
 * @throws CoreError `site_person.not_found`, `site_person.bad_input`, `site_person.taken`
 */
export async function updatePerson(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'wake'>,
  site: Site,
  slug: string,
  changes: PersonChanges,
): Promise<SitePerson> {
  const at = new Date(core.clock.now());
  const updated = await inTransaction(core.db, async (tx) => {
    const { id } = await knownOrNew(tx, site, slug, at);
    return write(tx, core, site, id, changes, at);
  });
  core.wake.deliveries();
  return updated;
}

async function knownOrNew(tx: Transaction<Tables>, site: Site, slug: string, at: Date): Promise<SitePerson> {
  try {
    return await findPerson({ db: tx }, site, slug);
  } catch (error) {
    const email = slug.trim().toLowerCase();
    if (!(error instanceof CoreError) || !isEmailAddress(email)) throw error;
    return upsertPerson(tx, site, { email }, at);
  }
}

async function write(
  tx: Transaction<Tables>,
  core: Pick<Core, 'secrets'>,
  site: Site,
  id: number,
  changes: PersonChanges,
  at: Date,
): Promise<SitePerson> {
  const found = await tx
    .selectFrom('site_people')
    .selectAll()
    .where('site_id', '=', site.id)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (found === undefined) throw new CoreError('site_person.not_found', 'No person found.');
  const known = toSitePerson(found);
  if (changes.unsubscribedAt !== undefined && !(changes.unsubscribedAt.getTime() >= 0)) {
    const message = 'A time is written in ISO 8601, and is not before 1970.';
    throw new CoreError('site_person.bad_input', message, { field: 'unsubscribedAt' });
  }
  const email = changes.email === undefined ? known.email : checkEmail(changes.email);
  if (changes.identifierHash !== undefined) await checkHash(tx, core, site, email, changes.identifierHash);
  const { phone, username, customerId, firstName, lastName } = changes;
  // What is taken away needs no check; an address is checked above.
  const given = { phone, username, customerId, firstName, lastName, properties: changes.properties };
  const checked = checkIdentity({ ...withoutNulls(given), email: 'of@another.form' });
  const properties = Object.fromEntries(
    Object.entries({ ...known.properties, ...checked.properties }).filter(
      (entry): entry is [string, string] => entry[1] !== null,
    ),
  );
  checkPropertyCount(properties);
  const name = {
    first: firstName === undefined ? known.firstName : firstName,
    last: lastName === undefined ? known.lastName : lastName,
  };
  const row = await tx
    .updateTable('site_people')
    .set({
      ...{ email, mailbox: email === null ? null : mailboxOf(email), properties: JSON.stringify(properties) },
      phone: phone === undefined ? known.phone : phone && (checked.phone ?? null),
      username: username === undefined ? known.username : username,
      customer_id: customerId === undefined ? known.customerId : customerId,
      ...{ first_name: name.first, last_name: name.last, name_key: nameKey(name.first, name.last) },
      ...(changes.subscribed === false ? { sub_choice: 'declined' } : {}),
      updated_at: at,
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
    .catch((error: unknown) => {
      throw asTaken(error);
    });
  return choose(tx, core, site, toSitePerson(row), changes, at);
}

/** What they chose of letters. Who wants none wants none at a new address, either. */
async function choose(
  tx: Transaction<Tables>,
  core: Pick<Core, 'secrets'>,
  site: Site,
  person: SitePerson,
  changes: PersonChanges,
  at: Date,
): Promise<SitePerson> {
  const { subscribed, unsubscribed = changes.unsubscribedAt !== undefined } = changes;
  const isTakenBack = person.unsubscribedAt !== null && changes.unsubscribed === false;
  const agreed = subscribed === true ? await agreeToLetters(tx, core, site, person, { at }) : person;
  if (agreed === undefined || isTakenBack) {
    const message = 'They unsubscribed, and only they themselves can take that back.';
    throw new CoreError('site_person.opted_out', message, { field: 'unsubscribed' });
  }
  if (person.email === null || (!unsubscribed && person.unsubscribedAt === null)) return agreed;
  const since = person.unsubscribedAt ?? changes.unsubscribedAt;
  return (await stopLettersTo(tx, core, site, person.email, { at, since })) ?? agreed;
}

async function checkHash(
  tx: Transaction<Tables>,
  core: Pick<Core, 'secrets'>,
  site: Site,
  email: string | null,
  hash: string,
): Promise<void> {
  if (await isSignedIdentity({ ...core, db: tx }, site, email ?? '', hash)) return;
  const message = "Identifier hash isn't valid: it is the HMAC-SHA256 of the address, in hex.";
  throw new CoreError('site_person.bad_input', message, { field: 'identifierHash' });
}

function withoutNulls<T extends object>(given: T): { [K in keyof T]: Exclude<T[K], null> | undefined } {
  const entries = Object.entries(given).map(([name, value]) => [name, (value as unknown) ?? undefined]);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], null> | undefined };
}

const TAKEN: Readonly<Record<string, { field: string; message: string }>> = {
  site_people_email: { field: 'email', message: 'Email has already been taken' },
  site_people_username: {
    field: 'username',
    message: 'Username has already been taken. Please try another one.',
  },
  site_people_customer: { field: 'customerId', message: 'Customer has already been taken' },
};

/** A unique index refused it. */
function asTaken(error: unknown): unknown {
  const { code, constraint = '' } = (error ?? {}) as { code?: string; constraint?: string };
  const taken = code === '23505' ? TAKEN[constraint] : undefined;
  return taken === undefined ? error : new CoreError('site_person.taken', taken.message, { field: taken.field });
}
