import { sql, type Transaction } from 'kysely';
import { mailboxOf } from '#core/site-people/mailbox.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

/**
 * What is given to these mailboxes, or asked of them, is so one after the other until the transaction ends, however the
 * addresses are spelled. Before the rows of people are touched, so that no two wait crosswise.
 */
export async function holdMailboxes(
  tx: Transaction<Tables>,
  site: Pick<Site, 'id'>,
  emails: readonly string[],
): Promise<void> {
  const names = [...new Set(emails.map((email) => `mailbox ${site.id} ${mailboxOf(email)}`))].sort();
  await sql`select pg_advisory_xact_lock(hashtextextended(name, 0)) from unnest(${names}::text[]) as name`.execute(tx);
}
