import { readNumber } from '#core/address.js';
import { applyContactRows, refuseTakenIds } from '#core/contacts/apply-contact-rows.js';
import { CONTACT_COLUMNS, FACT_COLUMNS, TAGS_BETWEEN } from '#core/contacts/contact-file.js';
import {
  checkTags,
  explainNumber,
  FIELD_LIMITS,
  wrongDetail,
  wrongFieldName,
  wrongFieldValue,
} from '#core/contacts/contact-fields.js';
import { DETAIL_NAMES } from '#core/contacts/contact.js';
import { homeCountry } from '#core/contacts/home-country.js';
import { readOptions, type ContactImportOptions } from '#core/contacts/import-contacts.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import type { CheckedRow, Row, RowSink } from '#core/imports/index.js';

/** A file of contacts becomes rows of the address book. An empty cell says nothing, and clears nothing. */
export const contactRows: RowSink = {
  columns: [...CONTACT_COLUMNS, ...FACT_COLUMNS],

  async begin(core, job, columns) {
    const options = readOptions(job.options);
    const home = await homeCountry(core.db, job);
    const own = ownFields(columns, options.unknownColumns);
    return {
      check: (row) => checkRow(row, { home, own, at: core.clock.now() }),
      compare: (tx) => refuseTakenIds(tx, job),
      apply: (tx) => applyContactRows(tx, job, options, new Date(core.clock.now())),
    };
  },
};

/** The columns that are fields of the account's own. */
function ownFields(columns: readonly string[], unknown: ContactImportOptions['unknownColumns']): string[] {
  const known = new Set<string>([...CONTACT_COLUMNS, ...FACT_COLUMNS]);
  const others = columns.filter((name) => !known.has(name));
  if (unknown === 'ignore') return [];
  if (unknown === 'refuse' && others[0] !== undefined) {
    throw new CoreError('import.bad_input', `The file has a column "${others[0]}", which is none of a contact.`);
  }
  if (others.length > FIELD_LIMITS.count) {
    throw new CoreError(
      'import.bad_input',
      `The file has ${others.length} columns of its own; a contact has at most ${FIELD_LIMITS.count} fields.`,
    );
  }
  for (const name of others) {
    const wrong = wrongFieldName(name);
    if (wrong !== undefined) throw new CoreError('import.bad_input', `Column "${name}": ${wrong}`);
  }
  return others;
}

function checkRow(
  row: Row,
  { home, own, at }: { home: string | undefined; own: readonly string[]; at: number },
): CheckedRow {
  const phone = readNumber(row['phone'] ?? '', home);
  if (phone === undefined) return { refused: explainNumber(row['phone'] ?? '', home), column: 'phone' };
  const data: Record<string, unknown> = { id: newId('con', at) };
  for (const name of DETAIL_NAMES) {
    const text = row[name]?.trim() ?? '';
    if (text === '') continue;
    const wrong = wrongDetail(name, text);
    if (wrong !== undefined) return { refused: wrong, column: name };
    data[name] = text;
  }
  const fields: Record<string, string> = {};
  for (const name of own) {
    const value = row[name] ?? '';
    if (value === '') continue;
    const wrong = wrongFieldValue(value);
    if (wrong !== undefined) return { refused: wrong, column: name };
    fields[name] = value;
    data['fields'] = fields;
  }
  const tags = row['tags']?.split(TAGS_BETWEEN).filter((tag) => tag.trim() !== '') ?? [];
  if (tags.length > 0) {
    try {
      data['tags'] = checkTags(tags, 'tags');
    } catch (error) {
      if (error instanceof CoreError) return { refused: error.message, column: 'tags' };
      throw error;
    }
  }
  return { phone, data };
}
