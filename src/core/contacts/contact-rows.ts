import { readNumber } from '#core/address.js';
import { applyContactRows, refuseTakenIds } from '#core/contacts/apply-contact-rows.js';
import { recallStaged } from '#core/contacts/recall-staged.js';
import type { StagedStanding } from '#core/contacts/apply-standing-rows.js';
import { BASIS_CHARACTERS, CONSENT_CHANNELS } from '#core/contacts/consents.js';
import { CONTACT_COLUMNS, FACT_COLUMNS, isYes, TAGS_BETWEEN } from '#core/contacts/contact-file.js';
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
import { addressHash, type AddressHash } from '#core/suppression/index.js';

/** A file of contacts becomes rows of the address book. An empty cell says nothing, and clears nothing. */
export const contactRows: RowSink = {
  columns: [...CONTACT_COLUMNS, ...FACT_COLUMNS],

  async begin(core, job, columns) {
    const options = readOptions(job.options);
    const home = await homeCountry(core.db, job);
    const own = ownFields(columns, options.unknownColumns);
    const checking = { home, own, at: core.clock.now(), hash: addressHash(core.secrets), consent: options.consent };
    return {
      check: (row) => checkRow(row, checking),
      compare: (tx) => refuseTakenIds(tx, job),
      async apply(tx) {
        const done = await applyContactRows(tx, job, options, new Date(core.clock.now()));
        await recallStaged(tx, core.secrets, job);
        return done;
      },
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

interface Checking {
  home: string | undefined;
  own: readonly string[];
  at: number;
  hash: AddressHash;
  consent: ContactImportOptions['consent'];
}

function checkRow(row: Row, { home, own, at, hash, consent }: Checking): CheckedRow {
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
  const standing = standingOf(row, { phone, at, hash, consent });
  return 'refused' in standing ? standing : { phone, data: { ...data, ...standing } };
}

function standingOf(
  row: Row,
  { phone, at, hash, consent }: Pick<Checking, 'at' | 'hash' | 'consent'> & { phone: string },
): StagedStanding | { refused: string; column: string } {
  const standing: StagedStanding = {};
  for (const channel of CONSENT_CHANNELS) {
    const said = row[`consent_${channel}`]?.trim() ?? '';
    if (said.length > BASIS_CHARACTERS) {
      return { refused: `It has more than ${BASIS_CHARACTERS} characters.`, column: `consent_${channel}` };
    }
    const given = said === '' ? consent?.[channel] : { basis: isYes(said) ? null : said };
    if (given === undefined || /^no$/i.test(said)) continue;
    standing.consents = [...(standing.consents ?? []), { id: newId('cns', at), channel, basis: given.basis ?? null }];
  }
  const out = CONSENT_CHANNELS.filter((channel) => isYes(row[`opted_out_${channel}`] ?? ''));
  const [only] = out;
  if (only !== undefined) {
    const channel = out.length === 2 ? 'all' : only;
    standing.optOut = { id: newId('sup', at), channel, hash: hash(phone).toString('hex') };
  }
  return standing;
}
