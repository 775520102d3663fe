import type { ConsentChannel } from '#core/contacts/consents.js';
import { checkTags } from '#core/contacts/contact-fields.js';
import type { ContactOwner } from '#core/contacts/contact.js';
import { listNotFound } from '#core/contacts/find-list.js';
import type { Core } from '#core/core.js';
import { startImport, type Import, type ImportOptions } from '#core/imports/index.js';

export interface ContactImportOptions {
  columns: ImportOptions['columns'];
  aliases: ImportOptions['aliases'];
  /** What a column that no contact has by itself becomes. */
  unknownColumns: 'field' | 'ignore' | 'refuse';
  /** Whether contacts that are known already are changed. */
  update: boolean;
  /** For each of them. */
  tags: readonly string[];
  /** Of each of them whose row says nothing else. */
  consent?: Partial<Record<ConsentChannel, { basis?: string | null }>> | undefined;
}

export interface ImportContacts extends ContactOwner, Partial<ContactImportOptions> {
  uploadId: string;
  /** They become members of it. */
  listId?: string | undefined;
}

/**
 * Starts the reading of a file of contacts.
 * @throws CoreError `upload.not_found`, `list.not_found`, `import.bad_input`, `import.too_many`, `contact.bad_input`
 */
export async function importContacts(
  core: Pick<Core, 'db' | 'clock' | 'wake'>,
  input: ImportContacts,
): Promise<Import> {
  const {
    accountId,
    mode,
    uploadId,
    listId,
    columns,
    aliases,
    unknownColumns = 'field',
    update = true,
    tags = [],
    consent,
  } = input;
  if (listId !== undefined) {
    await core.db
      .selectFrom('contact_lists')
      .select('id')
      .where('id', '=', listId)
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .executeTakeFirstOrThrow(() => listNotFound(listId));
  }
  return startImport(core, {
    ...{ accountId, mode, kind: 'contacts', uploadId, targetId: listId },
    options: {
      ...(columns === undefined ? {} : { columns }),
      ...(aliases === undefined ? {} : { aliases }),
      unknownColumns,
      update,
      tags: checkTags(tags, 'tags'),
      ...(consent === undefined ? {} : { consent }),
    },
  });
}

/** As `importContacts` stored them. */
export function readOptions(options: ImportOptions): ContactImportOptions {
  return options as unknown as ContactImportOptions;
}
