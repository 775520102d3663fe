import { AREA_CODE_ZONES } from '#core/calling-hours/area-code-zones.js';
import { COUNTRY_ZONES } from '#core/calling-hours/country-zones.js';

/** Satellite and other numbers that belong to no country. */
const ANYWHERE: readonly string[] = [
  'Pacific/Auckland',
  'Asia/Tokyo',
  'Asia/Kolkata',
  'Europe/London',
  'America/New_York',
  'Pacific/Honolulu',
];

/** By what numbers begin with, the plus left out; numbers that begin alike share one array. */
const ZONES = new Map([...readTable(COUNTRY_ZONES, ''), ...readTable(AREA_CODE_ZONES, '1')]);
const LONGEST = Math.max(...[...ZONES.keys()].map((prefix) => prefix.length));

/**
 * Every time zone (IANA) that a number can be in by its digits, never none: one of each kind of clock, so that Detroit
 * is told as New York. A number says where it was given out; where its owner is now only they know.
 */
export function zonesOf(number: string): readonly string[] {
  const digits = number.slice(1);
  for (let length = LONGEST; length > 0; length--) {
    const zones = ZONES.get(digits.slice(0, length));
    if (zones !== undefined) return zones;
  }
  return ANYWHERE;
}

/** `zone zone = prefix prefix`, over as many lines as it takes. */
function readTable(table: string, before: string): [string, readonly string[]][] {
  return [...table.matchAll(/([^=\d]+)=([\d\s]+)/g)].flatMap(([, left = '', right = '']) => {
    const zones = words(left);
    return words(right).map((prefix): [string, readonly string[]] => [before + prefix, zones]);
  });
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
