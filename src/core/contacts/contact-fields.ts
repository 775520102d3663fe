import { readNumber, type E164 } from '#core/address.js';
import { CONTACT_DETAILS, DETAIL_NAMES, type ContactDetail } from '#core/contacts/contact.js';
import { isEmailAddress } from '#core/email-address.js';
import { CoreError } from '#core/errors.js';

/** Of the details what is absent stays as it is stored; null, or a text of blanks, clears. */
export interface ContactFields extends Partial<Record<ContactDetail, string | null>> {
  /** As people write it. */
  phone: string;
}

/** What is to be stored under a number. */
export type ContactChanges = Partial<Record<ContactDetail, string | null>>;

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
  const changes: ContactChanges = {};
  for (const name of DETAIL_NAMES) {
    const given = fields[name];
    if (given === undefined) continue;
    const text = given?.trim() ?? '';
    if (text.length > CONTACT_DETAILS[name]) {
      throw badInput(`${path}${name}`, `It has more than ${CONTACT_DETAILS[name]} characters.`);
    }
    if (name === 'email' && text !== '' && !isEmailAddress(text)) {
      throw badInput(`${path}email`, `"${shown(text)}" is not an e-mail address.`);
    }
    changes[name] = text === '' ? null : text;
  }
  return { phone, changes };
}

function explainNumber(text: string, home: string | undefined): string {
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
