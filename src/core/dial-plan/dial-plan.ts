import { countryCode, isE164, readNumber, type E164 } from '#core/address.js';
import type { Destination, FlowConfiguration } from '#core/call-flow/index.js';
import {
  emergencyAnywhere,
  emergencyDialled,
  emergencyNumbers,
  ofCountries,
} from '#core/dial-plan/emergency-numbers.js';
import { featureDialled, isParkingPlace, type DialledFeature } from '#core/dial-plan/feature-codes.js';

/** What somebody at a phone of ours means by what they dialled. */
export type Dialled =
  /** Help, by the number that is dialled outside for it (rule 11). */
  | { kind: 'emergency'; number: string }
  | { kind: 'inside'; destination: Destination }
  /** One of the account's own numbers: as if it were called from outside. */
  | { kind: 'own_number'; numberId: number; number: E164 }
  | { kind: 'outside'; number: E164 }
  | ({ kind: 'feature' } & DialledFeature)
  | { kind: 'unknown' };

/** Of the account, as far as dialling needs it. */
export type DialConfiguration = Pick<FlowConfiguration, 'numbers' | 'phones'> & {
  objects: Pick<FlowConfiguration['objects'], 'extension' | 'forwarding_number'>;
};

/**
 * Reads what a phone of ours dialled. `home`: the number that the phone shows, in whose country national numbers are read;
 * undefined: the account's first. Emergency numbers come before everything, whatever was configured.
 */
export function planDial(dialled: string, configuration: DialConfiguration, home?: string): Dialled {
  const digits = withoutSeparators(dialled);
  const codes = countryCodesOf(configuration);
  const numbers = emergencyNumbers(codes);
  if (numbers.has(digits)) return { kind: 'emergency', number: digits };
  const inside = destinationInside(dialled, digits, configuration);
  if (inside !== undefined) return { kind: 'inside', destination: inside };
  const help = emergencyDialled(digits, numbers);
  if (help !== undefined) return { kind: 'emergency', number: help };
  const feature = featureDialled(digits);
  if (feature !== undefined) return { kind: 'feature', ...feature };
  const number = readNumber(digits, home === undefined ? codes[0] : countryCode(home));
  if (number === undefined) return { kind: 'unknown' };
  for (const [numberId, ours] of configuration.numbers) {
    if (ours === number) return { kind: 'own_number', numberId, number };
  }
  return { kind: 'outside', number };
}

/**
 * Whether help may be meant by what a phone dialled, before anything is known of its account: a number for help of any country,
 * also behind the codes that hide or show the caller's number.
 */
export function mayBeEmergency(dialled: string): boolean {
  return emergencyAnywhere(behindCodes(dialled)) !== undefined;
}

/** The same where the account's numbers (E.164) are known; what it has configured may still take the digits. */
export function isEmergencyOf(numbers: Iterable<string>, dialled: string): boolean {
  return emergencyDialled(behindCodes(dialled), emergencyNumbers(countryCodes(numbers))) !== undefined;
}

/** What is dialled behind a code that hides or shows the caller's number. */
function behindCodes(dialled: string): string {
  const digits = withoutSeparators(dialled);
  const { feature, argument } = featureDialled(digits) ?? {};
  const shows = feature === 'hide_caller_id_once' || feature === 'show_caller_id_once';
  return shows ? (argument ?? '') : digits;
}

/** An extension by its number, a phone by its name, a forwarding number by its transfer code. */
function destinationInside(
  dialled: string,
  digits: string,
  { objects, phones }: DialConfiguration,
): Destination | undefined {
  for (const [id, { number }] of objects.extension) if (number === digits) return { type: 'extension', id };
  for (const name of [dialled, digits]) if (phones.has(name)) return { type: 'phone', id: name };
  for (const [id, { transferCode }] of objects.forwarding_number) {
    if (transferCode !== null && transferCode === digits) return { type: 'forwarding_number', id };
  }
  return undefined;
}

/** Why an extension, a transfer code or a phone cannot have these digits, as a sentence; undefined: it can. */
export function whyReserved(digits: string, numbers: Iterable<string>): string | undefined {
  const codes = countryCodes(numbers);
  if (emergencyNumbers(codes).has(digits)) return `${digits} is an emergency number.`;
  if (codes.length > 0 && emergencyDialled(digits, emergencyNumbers(codes)) !== undefined) {
    return `${digits} is dialled for help where people are used to dialling a digit for an outside line.`;
  }
  return isParkingPlace(digits) ? `${digits} is a place where calls are parked (701 to 720).` : undefined;
}

/** What people dial for help in the countries of an account's numbers (E.164). */
export function nationalEmergencyNumbers(numbers: Iterable<string>): string[] {
  return ofCountries(countryCodes(numbers));
}

/** Calling codes of the account's countries, that of its first number first. */
function countryCodesOf({ numbers }: Pick<DialConfiguration, 'numbers'>): string[] {
  return countryCodes(numbers.values());
}

function countryCodes(numbers: Iterable<string>): string[] {
  return [...new Set([...numbers].filter(isE164).map(countryCode))];
}

/** As phones send what people put between digits; what follows the number of an address is not part of it. */
function withoutSeparators(dialled: string): string {
  return dialled.replace(/%23/gi, '#').replace(/[\s\-.()/]/g, '');
}
