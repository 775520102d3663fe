import { CoreError } from '#core/errors.js';

const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const LONGEST_NAME = 100;

/** Without breaks and what else cannot be seen. */
export function isOneLine(text: string): boolean {
  return !/[\p{Cc}\u2028\u2029]/u.test(text);
}

/** As in addresses. */
export function isSlug(text: string): boolean {
  return SLUG.test(text);
}

/** @throws CoreError `site.bad_input` */
export function checkSlug(slug: string): string {
  if (isSlug(slug)) return slug;
  throw bad('slug', 'A slug is 1 to 63 lower-case letters, digits and hyphens, with no hyphen at its ends.');
}

/** @throws CoreError `site.bad_input` */
export function checkName(name: string): string {
  if (name.trim() !== '' && name.length <= LONGEST_NAME && isOneLine(name)) return name;
  throw bad('name', `A name has 1 to ${LONGEST_NAME} characters, in one line.`);
}

/** A page that browsers can be sent to. */
export function isShopUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !isOneLine(text) || text.length > 2000) return false;
  return ['http:', 'https:'].includes(url.protocol) && url.username === '' && url.password === '';
}

/** @throws CoreError `site.bad_input` */
export function checkShopUrl(text: string, field: string): string {
  if (isShopUrl(text)) return new URL(text).href;
  throw bad(field, 'An address of a page begins with https:// or http://, has no password in it, and is one line.');
}

/** @throws CoreError `site.bad_input` */
export function checkCurrency(code: string): string {
  if (/^[A-Z]{3}$/.test(code) && Intl.supportedValuesOf('currency').includes(code)) return code;
  throw bad('currency', `"${code.slice(0, 50)}" is no currency of ISO 4217.`);
}

/** @throws CoreError `site.bad_input` */
export function checkTimeZone(name: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    throw bad('timeZone', `There is no time zone "${name.slice(0, 50)}".`);
  }
}

function bad(field: string, message: string): CoreError {
  return new CoreError('site.bad_input', message, { field });
}
