/** How numbers are written on a trunk (rule 1), both ways. */
import type { NumberForm, TrunkNumberRules } from '#voice/engine.js';
import type { Uri } from '#voice/sip/uri.js';

const DEFAULT_FORM: NumberForm = 'e164';
const DEFAULT_INTERNATIONAL_PREFIX = '00';
const E164 = /^\+[1-9]\d{6,14}$/;

/** The number that a trunk is to call, with its technical prefix. */
export function toCalledForm(number: string, rules: TrunkNumberRules = {}): string {
  return `${rules.technicalPrefix ?? ''}${written(number, rules.called ?? DEFAULT_FORM, rules)}`;
}

/** A number of ours as a trunk wants it in From and the fields beside it. */
export function toCallerForm(number: string, rules: TrunkNumberRules = {}): string {
  return written(number, callerForm(rules), rules);
}

/** What a trunk calls, as the rest of the system knows it; what is no number stays as it is. */
export function fromCalledForm(user: string, rules: TrunkNumberRules = {}): string {
  return read(user, rules.called ?? DEFAULT_FORM, rules);
}

/** Who calls through a trunk, as the rest of the system knows it; `anonymous` stays as it is. */
export function fromCallerForm(user: string, rules: TrunkNumberRules = {}): string {
  return read(user, callerForm(rules), rules);
}

function callerForm(rules: TrunkNumberRules): NumberForm {
  return rules.caller ?? rules.called ?? DEFAULT_FORM;
}

/** Extensions and what else is not E.164 stay as they are. */
function written(number: string, form: NumberForm, rules: TrunkNumberRules): string {
  if (form === 'e164' || !number.startsWith('+')) return number;
  const digits = number.slice(1);
  if (form === 'bare') return digits;
  const { countryCode, nationalPrefix = '', internationalPrefix = DEFAULT_INTERNATIONAL_PREFIX } = rules;
  const isAtHome = form === 'national' && countryCode !== undefined && digits.startsWith(countryCode);
  return isAtHome ? `${nationalPrefix}${digits.slice(countryCode.length)}` : `${internationalPrefix}${digits}`;
}

/** Trunks often write some numbers as +E.164 whatever their form is: that is always understood. */
function read(user: string, form: NumberForm, rules: TrunkNumberRules): string {
  const plain = withoutSeparators(user);
  const number = /^\d+$/.test(plain) ? `+${withCountry(plain, form, rules) ?? ''}` : plain;
  return E164.test(number) ? number : plain;
}

/** The digits after the plus; undefined where the form does not say. */
function withCountry(digits: string, form: NumberForm, rules: TrunkNumberRules): string | undefined {
  const { countryCode, nationalPrefix = '', internationalPrefix = DEFAULT_INTERNATIONAL_PREFIX } = rules;
  switch (form) {
    case 'e164':
      return undefined;
    case 'bare':
      return digits;
    case 'international':
    case 'national':
      // First, because `0` is the beginning of `00` as well.
      if (digits.startsWith(internationalPrefix)) return digits.slice(internationalPrefix.length);
      if (form === 'international' || countryCode === undefined || !digits.startsWith(nationalPrefix)) return undefined;
      return `${countryCode}${digits.slice(nationalPrefix.length)}`;
  }
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
