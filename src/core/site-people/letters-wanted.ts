import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { stopEmails } from '#core/emails/index.js';
import { optedOutEmails, optOutEmail } from '#core/site-people/opt-outs.js';
import { personFacts } from '#core/site-people/person-facts.js';
import { toSitePerson, type SitePerson } from '#core/site-people/site-person.js';
import { siteFacts, type Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';
import { publishEvent } from '#core/webhooks/index.js';

/**
 * Nothing that can be unsubscribed from goes to the address from now on, and what waits for it is not sent. Where somebody
 * is known by it, they are told of once; undefined: nobody is. Wake the deliveries after it.
 */
export async function stopLettersTo(
  tx: Transaction<Tables>,
  core: Pick<Core, 'secrets'>,
  site: Site,
  email: string,
  { at, since = at }: { at: Date; since?: Date | undefined },
): Promise<SitePerson | undefined> {
  const known = await tx
    .selectFrom('site_people')
    .select(['id', 'unsubscribed_at'])
    .where('site_id', '=', site.id)
    .where('email', '=', email)
    .forNoKeyUpdate()
    .executeTakeFirst();
  await optOutEmail(tx, core, site, email, since);
  await stopEmails(tx, { siteId: site.id, to: email }, at);
  if (known === undefined) return undefined;
  const row = await tx
    .updateTable('site_people')
    .set({ unsubscribed_at: known.unsubscribed_at ?? since, updated_at: at })
    .where('id', '=', known.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  const person = toSitePerson(row);
  if (known.unsubscribed_at === null) await tell(tx, site, person, 'site_person.unsubscribed', at);
  return person;
}

/**
 * Somebody agrees to letters; the first time is told of. Undefined: they have said that they want none, and only they
 * themselves can take that back. Their row must be locked; wake the deliveries after it.
 */
export async function agreeToLetters(
  tx: Transaction<Tables>,
  core: Pick<Core, 'secrets'>,
  site: Site,
  person: SitePerson,
  { at, about = {} }: { at: Date; about?: Record<string, unknown> },
): Promise<SitePerson | undefined> {
  const { id, email, unsubscribedAt, optedInAt } = person;
  if (unsubscribedAt !== null || email === null) return undefined;
  if ((await optedOutEmails({ ...core, db: tx }, site, [email])).size > 0) return undefined;
  const row = await tx
    .updateTable('site_people')
    .set({ sub_choice: 'subscribed', updated_at: at })
    .set({ subscribed_at: person.subscribedAt ?? at, opted_in_at: optedInAt ?? at })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
  const agreed = toSitePerson(row);
  if (optedInAt === null) await tell(tx, site, agreed, 'site_person.opted_in', at, about);
  return agreed;
}

async function tell(
  tx: Transaction<Tables>,
  site: Site,
  person: SitePerson,
  type: 'site_person.unsubscribed' | 'site_person.opted_in',
  at: Date,
  about: Record<string, unknown> = {},
): Promise<void> {
  await publishEvent(tx, {
    ...{ accountId: site.accountId, mode: site.mode, siteId: site.id, type, at },
    subject: String(person.id),
    data: { ...siteFacts(site), person: personFacts(person), ...about },
  });
}
