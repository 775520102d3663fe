import { readNumber } from '#core/address.js';
import { isEmailAddress } from '#core/email-address.js';
import { CoreError } from '#core/errors.js';

/** Who somebody is, as a shop says it. What is absent stays as it is known. */
export interface PersonIdentity {
  email: string;
  /** As people write it, with its country. */
  phone?: string | undefined;
  username?: string | undefined;
  customerId?: string | undefined;
  firstName?: string | undefined;
  lastName?: string | undefined;
  /** Added to those that are known; null takes one away. */
  properties?: Record<string, string | null> | undefined;
}

export const LONGEST_NAME = 255;
const LONGEST_PROPERTY_NAME = 100;
const LONGEST_PROPERTY = 1000;
/** Of one person. */
export const MOST_PROPERTIES = 100;

/** In lower case. @throws CoreError `site_person.bad_input` */
export function checkEmail(text: string): string {
  const email = text.trim().toLowerCase();
  if (isEmailAddress(email)) return email;
  throw new CoreError('site_person.bad_input', "Email isn't valid", { field: 'email' });
}

/** @throws CoreError `site_person.bad_input` */
function checkPhone(text: string): string {
  const phone = readNumber(text, undefined);
  if (phone !== undefined) return phone;
  const message = "Phone number isn't valid: it begins with + and the code of its country.";
  throw new CoreError('site_person.bad_input', message, { field: 'phone' });
}

/** @throws CoreError `site_person.bad_input` */
export function checkIdentity(given: PersonIdentity): PersonIdentity {
  for (const field of ['username', 'customerId', 'firstName', 'lastName'] as const) {
    if ((given[field] ?? '').length > LONGEST_NAME) {
      throw new CoreError('site_person.bad_input', `At most ${LONGEST_NAME} characters.`, { field });
    }
  }
  return {
    ...given,
    email: checkEmail(given.email),
    phone: given.phone === undefined ? undefined : checkPhone(given.phone),
    properties: checkProperties(given.properties),
  };
}

function checkProperties(properties: PersonIdentity['properties'] = {}): Record<string, string | null> {
  for (const [name, value] of Object.entries(properties)) {
    const fits = name.length <= LONGEST_PROPERTY_NAME && (value ?? '').length <= LONGEST_PROPERTY;
    if (name !== '' && fits) continue;
    const message = `A property has a name of 1 to ${LONGEST_PROPERTY_NAME} characters and a value of at most ${LONGEST_PROPERTY}.`;
    throw new CoreError('site_person.bad_input', message, { field: 'properties' });
  }
  return properties;
}

/** @throws CoreError `site_person.bad_input` */
export function checkPropertyCount(properties: Record<string, string>): void {
  if (Object.keys(properties).length <= MOST_PROPERTIES) return;
  throw new CoreError('site_person.bad_input', `Somebody has at most ${MOST_PROPERTIES} properties.`, {
    field: 'properties',
  });
}
