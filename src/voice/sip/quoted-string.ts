import { SipParseError } from '#voice/sip/sip-parse-error.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The index of the quote that closes the one at `start` (RFC 3261 section 25.1, quoted-string). */
export function endOfQuoted(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at;
  }
  throw new SipParseError('Unterminated quoted string');
}

/** Takes the backslashes out of what stood between the quotes. */
export function unescapeQuoted(inner: string): string {
  return inner.includes('\\') ? inner.replace(/\\([^])/g, '$1') : inner;
}

export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/;

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}
