import type { ContactChanges } from '#core/contacts/contact-fields.js';
import type { Contact } from '#core/contacts/contact.js';

type Names = Pick<Contact, 'name' | 'first_name' | 'last_name'>;

/**
 * The names of a contact after a change, so that all who read them read the same: a first and a last name make the whole
 * name, and a whole name that says something else takes their place.
 */
export function namesAfter(stored: Names, { name, first_name, last_name }: ContactChanges): Names {
  const first = first_name === undefined ? stored.first_name : first_name;
  const last = last_name === undefined ? stored.last_name : last_name;
  const whole = [first, last].filter((part) => part !== null).join(' ');
  if (name !== undefined) {
    const partsGiven = first_name !== undefined || last_name !== undefined;
    const partsHold = partsGiven || whole === name;
    return { name, first_name: partsHold ? first : null, last_name: partsHold ? last : null };
  }
  const unchanged = first_name === undefined && last_name === undefined;
  if (unchanged) return { name: stored.name, first_name: first, last_name: last };
  return { name: whole === '' ? null : whole, first_name: first, last_name: last };
}
