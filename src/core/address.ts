/**
 * Where a call or a text can go (rule 1). Addresses are text of branded types, so that what has not been checked
 * cannot be dialled by mistake.
 */

declare const brand: unique symbol;

/** An international number: `+` and 7–15 digits, the first of them not 0 (ITU-T E.164). */
export type E164 = string & { readonly [brand]: 'e164' };

/** A phone of the account by its short number: 2–6 digits. */
export type Extension = string & { readonly [brand]: 'extension' };

const E164_SHAPE = /^\+[1-9][0-9]{6,14}$/;
const EXTENSION_SHAPE = /^[0-9]{2,6}$/;

export function isE164(text: string): text is E164 {
  return E164_SHAPE.test(text);
}

/** Whether the text could name a phone; that it exists is the database's knowledge. */
export function isExtension(text: string): text is Extension {
  return EXTENSION_SHAPE.test(text);
}

/** A number as people write it: spaces, hyphens, dots and brackets are dropped. Undefined when it is not E.164 then. */
export function parseE164(text: string): E164 | undefined {
  const bare = text.replace(/[\s\-.()]/g, '');
  return isE164(bare) ? bare : undefined;
}
