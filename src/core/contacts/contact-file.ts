import { DETAIL_NAMES } from '#core/contacts/contact.js';

/**
 * The columns of a file of contacts, the same in what is exported and in what is imported. Every other one is a field of
 * the account's own. Tags stand in one cell, with semicolons between them.
 */
export const CONTACT_COLUMNS = ['phone', ...DETAIL_NAMES, 'tags'] as const;

/** Exported for whoever reads them, and not read again: they are facts of ours. */
export const FACT_COLUMNS = ['id', 'created_at', 'updated_at'] as const;

export const TAGS_BETWEEN = ';';
