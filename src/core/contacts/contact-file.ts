import { DETAIL_NAMES } from '#core/contacts/contact.js';

/**
 * The columns of a file of contacts, the same in what is exported and in what is imported. Every other one is a field of
 * the account's own. Tags stand in one cell, with semicolons between them; an opt-out is `yes` or `no`; a consent is its
 * basis, or `yes` where nobody wrote one down.
 */
export const CONTACT_COLUMNS = [
  'phone',
  ...DETAIL_NAMES,
  'tags',
  'consent_voice',
  'consent_sms',
  'opted_out_voice',
  'opted_out_sms',
] as const;

/** Exported for whoever reads them, and not read again: they are facts of ours. */
export const FACT_COLUMNS = ['id', 'created_at', 'updated_at'] as const;

export const TAGS_BETWEEN = ';';

/** How people write yes. */
export function isYes(cell: string): boolean {
  return /^(yes|y|true|1|x)$/i.test(cell.trim());
}
