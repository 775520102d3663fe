/** How numbers are written on a trunk (rule 1), both ways. */
import type { NumberForm } from '#voice/engine.js';
import type { Uri } from '#voice/sip/uri.js';

/** E.164 or an extension as the trunk wants it. */
export function toTrunkForm(number: string, form: NumberForm | undefined): string {
  return form === 'bare' ? number.replace(/^\+/, '') : number;
}

/** A number from a trunk as the rest of the system knows it; what is no number stays as it is (`anonymous`). */
export function fromTrunkForm(user: string, form: NumberForm | undefined): string {
  const plain = withoutSeparators(user);
  return form === 'bare' && /^[1-9]\d{6,14}$/.test(plain) ? `+${plain}` : plain;
}

/** The number or name that a URI speaks of, without parameters such as `;phone-context=`. */
export function userOf(uri: Uri): string | undefined {
  if (uri.scheme === 'tel') return uri.number;
  if (uri.scheme === 'other') return undefined;
  return uri.user?.split(';')[0];
}

/** RFC 3966 section 5.1.1. */
function withoutSeparators(user: string): string {
  return /^\+?[\d\-.()]+$/.test(user) ? user.replace(/[-.()]/g, '') : user;
}
