import { readNumber, type E164 } from '#core/address.js';
import { explainNumber } from '#core/contacts/contact-fields.js';
import { CONTACT_DETAILS } from '#core/contacts/contact.js';
import { isEmailAddress } from '#core/email-address.js';
import { CoreError } from '#core/errors.js';

export const EXTRA_LIMITS = { numbers: 10, emails: 10, labelCharacters: 50 } as const;

/** A number of a contact, with what it is: "work". */
export interface LabelledNumber {
  label: string | null;
  /** E.164. */
  number: string;
}

/**
 * All numbers and addresses of a contact, in place of those that it has. It stays known by one number, which is what is
 * texted, campaigned to, and stopped by an opt-out.
 */
export interface ContactExtras {
  /** As people write them; the one that the contact is known by is among them. */
  numbers?: readonly LabelledNumber[];
  /** The first is the one that is written to. */
  emails?: readonly string[];
}

export interface ContactExtraChanges {
  phone_label?: string | null;
  other_numbers?: LabelledNumber[];
  email?: string | null;
  other_emails?: string[];
}

/** As they are kept. @throws CoreError `contact.bad_input`, its field after `path` */
export function checkExtras(
  { numbers, emails }: ContactExtras,
  { phone, home, path }: { phone: E164; home: string | undefined; path: string },
): ContactExtraChanges {
  return {
    ...(numbers === undefined ? {} : checkNumbers(numbers, { phone, home, path: `${path}numbers` })),
    ...(emails === undefined ? {} : checkEmails(emails, `${path}emails`)),
  };
}

function checkNumbers(
  given: readonly LabelledNumber[],
  { phone, home, path }: { phone: E164; home: string | undefined; path: string },
): ContactExtraChanges {
  if (given.length > EXTRA_LIMITS.numbers)
    throw badInput(path, `A contact has at most ${EXTRA_LIMITS.numbers} numbers.`);
  const labels = new Map<string, string | null>();
  for (const [index, { label, number: text }] of given.entries()) {
    const number = readNumber(text, home);
    if (number === undefined) throw badInput(`${path}.${index}.number`, explainNumber(text, home));
    if (labels.has(number)) throw badInput(`${path}.${index}.number`, `${number} is there twice.`);
    labels.set(number, checkLabel(label, `${path}.${index}.label`));
  }
  const phone_label = labels.get(phone);
  if (phone_label === undefined) {
    const why = 'whoever has another number is another contact';
    throw badInput(path, `The contact is known by ${phone}, which must be among its numbers: ${why}.`);
  }
  labels.delete(phone);
  return { phone_label, other_numbers: [...labels].map(([number, label]) => ({ label, number })) };
}

function checkEmails(given: readonly string[], path: string): ContactExtraChanges {
  const emails = [...new Set(given.map((email) => email.trim()))];
  if (emails.length > EXTRA_LIMITS.emails) {
    throw badInput(path, `A contact has at most ${EXTRA_LIMITS.emails} e-mail addresses.`);
  }
  const wrong = emails.findIndex((email) => email.length > CONTACT_DETAILS.email || !isEmailAddress(email));
  if (wrong !== -1) throw badInput(`${path}.${wrong}`, 'It is not an e-mail address.');
  const [first = null, ...others] = emails;
  return { email: first, other_emails: others };
}

function checkLabel(label: string | null, field: string): string | null {
  const text = label?.trim() ?? '';
  if (text.length > EXTRA_LIMITS.labelCharacters) {
    throw badInput(field, `A label has at most ${EXTRA_LIMITS.labelCharacters} characters.`);
  }
  return text === '' ? null : text;
}

function badInput(field: string, message: string): CoreError {
  return new CoreError('contact.bad_input', message, { field });
}
