import { endOfQuoted } from '#voice/sip/quoted-string.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';

/**
 * The values of a header field that may hold several (RFC 3261 section 7.3.1), split at the commas that are outside
 * quotes and angle brackets. An empty value between commas is an error.
 */
export function splitList(value: string): string[] {
  if (!value.includes(',')) return [nonEmpty(value)];
  const items: string[] = [];
  let start = 0;
  for (let end = endOfFirst(value, 0); ; end = endOfFirst(value, start)) {
    items.push(nonEmpty(value.slice(start, end)));
    if (end === value.length) return items;
    start = end + 1;
  }
}

/** The first value of a list, and what follows its comma (undefined: nothing does). */
export function splitFirst(value: string): { first: string; rest: string | undefined } {
  if (!value.includes(',')) return { first: nonEmpty(value), rest: undefined };
  const end = endOfFirst(value, 0);
  return { first: nonEmpty(value.slice(0, end)), rest: end === value.length ? undefined : value.slice(end + 1) };
}

function nonEmpty(item: string): string {
  const trimmed = item.trim();
  if (trimmed === '') throw new SipParseError('Empty header field value');
  return trimmed;
}

function endOfFirst(value: string, start: number): number {
  let inAngles = false;
  for (let at = start; at < value.length; at++) {
    const character = value[at];
    if (inAngles) inAngles = character !== '>';
    else if (character === '"') at = endOfQuoted(value, at);
    else if (character === '<') inAngles = true;
    else if (character === ',') return at;
  }
  return value.length;
}
