import { sql } from 'kysely';
import { CONTACT_COLUMNS, FACT_COLUMNS, TAGS_BETWEEN } from '#core/contacts/contact-file.js';
import { withStanding, type ContactStory } from '#core/contacts/contact-standing.js';
import { DETAIL_NAMES, type ContactOwner } from '#core/contacts/contact.js';
import { listContacts } from '#core/contacts/find-contact.js';
import type { Consent } from '#core/contacts/consents.js';
import type { Core } from '#core/core.js';
import { csvLine } from '#core/csv-text.js';

export interface ExportFilter {
  tag?: string | undefined;
  listId?: string | undefined;
}

const PAGE = 1000;

/**
 * All contacts as a CSV with the columns of an import, the oldest first; page by page, so that a million of them take no
 * more memory than a thousand. One that is made or changed meanwhile is in it as it then is.
 */
export async function* exportContacts(
  core: Pick<Core, 'db' | 'clock' | 'secrets'>,
  owner: ContactOwner,
  filter: ExportFilter,
): AsyncGenerator<string> {
  const own = await fieldNames(core, owner);
  yield csvLine([...CONTACT_COLUMNS, ...own, ...FACT_COLUMNS]);
  for (let after: string | undefined; ;) {
    const page = await listContacts(core, owner, { ...filter, after, limit: PAGE });
    if (page.length > 0) {
      yield (await withStanding(core, owner, page)).map((contact) => csvLine(cellsOf(contact, own))).join('');
    }
    if (page.length < PAGE) return;
    after = page.at(-1)?.id;
  }
}

/** The fields that any contact has, in alphabetical order. Looks at all of them. */
async function fieldNames(core: Pick<Core, 'db'>, { accountId, mode }: ContactOwner): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select distinct jsonb_object_keys(fields) as name from contacts
    where account_id = ${accountId} and mode = ${mode} and fields <> '{}'`.execute(core.db);
  return rows.map(({ name }) => name).sort();
}

function cellsOf(contact: ContactStory, own: readonly string[]): string[] {
  const consent = (given: Consent | undefined): string => (given?.granted === true ? (given.basis ?? 'yes') : '');
  const yes = (is: boolean): string => (is ? 'yes' : 'no');
  return [
    contact.phone,
    ...DETAIL_NAMES.map((name) => contact[name] ?? ''),
    contact.tags.join(TAGS_BETWEEN),
    consent(contact.consent.voice),
    consent(contact.consent.sms),
    yes(contact.optedOut.voice),
    yes(contact.optedOut.sms),
    ...own.map((name) => contact.fields[name] ?? ''),
    contact.id,
    contact.createdAt.toISOString(),
    contact.updatedAt.toISOString(),
  ];
}
