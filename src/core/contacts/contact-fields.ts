import { readNumber, type E164 } from '#core/address.js';
import { CONTACT_COLUMNS, FACT_COLUMNS } from '#core/contacts/contact-file.js';
import type { ContactExtraChanges } from '#core/contacts/contact-extras.js';
import { CONTACT_DETAILS, DETAIL_NAMES, type ContactDetail } from '#core/contacts/contact.js';
import { isTimeZone } from '#core/calling-hours/index.js';
import { isEmailAddress } from '#core/email-address.js';
import { CoreError } from '#core/errors.js';

/** Of the details what is absent stays as it is stored; null, or a text of blanks, clears. */
export interface ContactDetails extends Partial<Record<ContactDetail, string | null>> {
  /** Of the account's own; null takes one away, the absent ones stay. */
  fields?: Record<string, string | null>;
  /** In place of those that it has. */
  tags?: readonly string[];
}

export interface ContactFields extends ContactDetails {
  /** As people write it. */
  phone: string;
}

/** What is to be stored under a number. */
export type ContactChanges = Partial<Record<ContactDetail, string | null>> &
  ContactExtraChanges & {
    fields?: Record<string, string | null>;
    tags?: string[];
  };

export const FIELD_LIMITS = { count: 50, nameCharacters: 64, valueCharacters: 1000 } as const;
export const TAG_LIMITS = { count: 50, characters: 50 } as const;

const SHOWN_LENGTH = 40;

/**
 * The number and the details as they are kept.
 * @throws CoreError `contact.bad_input`, its field after `path`
 */
export function checkContact(
  fields: ContactFields,
  home: string | undefined,
  path: string,
): { phone: E164; changes: ContactChanges } {
  const phone = readNumber(fields.phone, home);
  if (phone === undefined) throw badInput(`${path}phone`, explainNumber(fields.phone, home));
  return { phone, changes: checkDetails(fields, path) };
}

/** The same without a number. @throws CoreError `contact.bad_input`, its field after `path` */
export function checkDetails(given: ContactDetails, path: string): ContactChanges {
  const changes: ContactChanges = {};
  for (const name of DETAIL_NAMES) {
    const value = given[name];
    if (value === undefined) continue;
    const text = value?.trim() ?? '';
    const wrong = wrongDetail(name, text);
    if (wrong !== undefined) throw badInput(`${path}${name}`, wrong);
    changes[name] = text === '' ? null : text;
  }
  if (given.fields !== undefined) changes.fields = checkFields(given.fields, `${path}fields`);
  if (given.tags !== undefined) changes.tags = checkTags(given.tags, `${path}tags`);
  return changes;
}

/** Why a detail cannot be kept. `text` is trimmed. */
export function wrongDetail(name: ContactDetail, text: string): string | undefined {
  if (text.length > CONTACT_DETAILS[name]) return `It has more than ${CONTACT_DETAILS[name]} characters.`;
  if (text === '') return undefined;
  if (name === 'email' && !isEmailAddress(text)) return `"${shown(text)}" is not an e-mail address.`;
  if (name === 'time_zone' && !isTimeZone(text)) {
    return `"${shown(text)}" is not a time zone of the IANA database, such as America/New_York.`;
  }
  return undefined;
}

function checkFields(given: Record<string, string | null>, path: string): Record<string, string | null> {
  const entries = Object.entries(given);
  if (entries.length > FIELD_LIMITS.count) throw badInput(path, `A contact has at most ${FIELD_LIMITS.count} fields.`);
  for (const [name, value] of entries) {
    const wrong = wrongFieldName(name) ?? wrongFieldValue(value ?? '');
    if (wrong !== undefined) throw badInput(`${path}.${name}`, wrong);
  }
  return Object.fromEntries(entries);
}

/** Names that mean something else in a file of contacts. */
const RESERVED = new Set<string>([...CONTACT_COLUMNS, ...FACT_COLUMNS]);

/** Why a field of the account's own cannot be called so. */
export function wrongFieldName(name: string): string | undefined {
  if (name.trim() !== name || name === '' || name.length > FIELD_LIMITS.nameCharacters || /[{}\p{Cc}]/u.test(name)) {
    return `The name of a field has 1 to ${FIELD_LIMITS.nameCharacters} characters, none of them a brace or a line end.`;
  }
  const known = name.toLowerCase().replace(/[\s-]+/g, '_');
  return RESERVED.has(known) ? `"${name}" has a place of its own: ${known}.` : undefined;
}

export function wrongFieldValue(value: string): string | undefined {
  const most = FIELD_LIMITS.valueCharacters;
  return value.length > most ? `It has more than ${most} characters.` : undefined;
}

/** In alphabetical order, each once. @throws CoreError `contact.bad_input` */
export function checkTags(given: readonly string[], path: string): string[] {
  const tags = [...new Set(given.map((tag) => tag.trim()))].sort();
  if (tags.length > TAG_LIMITS.count) throw badInput(path, `A contact has at most ${TAG_LIMITS.count} tags.`);
  const wrong = tags.find((tag) => tag === '' || tag.length > TAG_LIMITS.characters || /[;\p{Cc}]/u.test(tag));
  if (wrong !== undefined) {
    throw badInput(path, `A tag has 1 to ${TAG_LIMITS.characters} characters, none of them a semicolon.`);
  }
  return tags;
}

export function explainNumber(text: string, home: string | undefined): string {
  const how =
    home === undefined
      ? 'write it with + and the country code; the account has no number whose country could complete it'
      : `write it with + and the country code, or as inside +${home}`;
  return `"${shown(text)}" is not a phone number that can be called: ${how}.`;
}

function shown(text: string): string {
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}

function badInput(field: string, message: string): CoreError {
  return new CoreError('contact.bad_input', message, { field });
}
