import { createHmac } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import type { SecretBox } from '#core/secret-box.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

/** Of addresses in one question: more are asked for in parts by whoever has them. */
const MOST_AT_ONCE = 10_000;

/**
 * Nothing that can be unsubscribed from goes to the address any more, also when everything else about its owner was
 * erased. Tells whether it was new.
 */
export async function optOutEmail(
  tx: Transaction<Tables>,
  core: Pick<Core, 'secrets'>,
  site: Pick<Site, 'id'>,
  email: string,
  at: Date,
): Promise<boolean> {
  const row = await tx
    .insertInto('email_opt_outs')
    .values({ site_id: site.id, hash: emailHash(core.secrets, site)(email), at })
    .onConflict((conflict) => conflict.doNothing())
    .returning('site_id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Which of these addresses want no letters of the site, as they were given. */
export async function optedOutEmails(
  core: Pick<Core, 'db' | 'secrets'>,
  site: Pick<Site, 'id'>,
  emails: readonly string[],
): Promise<Set<string>> {
  if (emails.length === 0) return new Set();
  if (emails.length > MOST_AT_ONCE) throw new RangeError(`${emails.length} addresses at once`);
  const hash = emailHash(core.secrets, site);
  const hashes = new Map(emails.map((email) => [email, hash(email)]));
  const rows = await core.db
    .selectFrom('email_opt_outs')
    .select('hash')
    .where('site_id', '=', site.id)
    .where('hash', 'in', [...hashes.values()])
    .execute();
  const found = new Set(rows.map((row) => row.hash.toString('hex')));
  return new Set(emails.filter((email) => found.has(hashes.get(email)?.toString('hex') ?? '')));
}

/**
 * HMAC-SHA256 (RFC 2104) under a key of the installation: without the key it tells nobody whose address it was, and two
 * sites cannot compare theirs.
 */
function emailHash(secrets: Pick<SecretBox, 'derive'>, { id }: Pick<Site, 'id'>): (email: string) => Buffer {
  const key = secrets.derive('email opt-outs');
  return (email) => createHmac('sha256', key).update(`${id}\n${email.trim().toLowerCase()}`).digest();
}
