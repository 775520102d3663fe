import { isToken, quote, unescapeQuoted } from '#voice/sip/quoted-string.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';

/** Parameters in order: names in lower case, values without their quotes, `null` for one without `=`. */
export type Params = Map<string, string | null>;

const PARAM = /[ \t]*;[ \t]*([A-Za-z0-9\-.!%*_+`'~]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\[^])*)"|([^ \t;,"<>]*)))?/y;
const NOTHING_LEFT = /[ \t]*$/y;

/** Parameters of a header field value, from `start` to its end: `;name=value;flag` (RFC 3261 section 25.1, generic-param). */
export function parseParams(text: string, start = 0): Params {
  const params: Params = new Map();
  let at = start;
  while (at < text.length) {
    PARAM.lastIndex = at;
    const match = PARAM.exec(text);
    if (match === null) {
      NOTHING_LEFT.lastIndex = at;
      if (NOTHING_LEFT.test(text)) break;
      throw new SipParseError('Malformed parameter');
    }
    const name = match[1]!.toLowerCase();
    if (params.has(name)) throw new SipParseError('Repeated parameter');
    params.set(name, match[2] !== undefined ? unescapeQuoted(match[2]) : (match[3] ?? null));
    at = PARAM.lastIndex;
  }
  return params;
}

/** An IPv6 address needs no quotes either (`received=2001:db8::1`). */
const PLAIN = /^[A-Za-z0-9\-.!%*_+`'~:[\]]+$/;

export function formatParams(params: Params): string {
  let text = '';
  for (const [name, value] of params) {
    if (!isToken(name)) throw new TypeError('a parameter name must be a token');
    text += value === null ? `;${name}` : `;${name}=${PLAIN.test(value) ? value : quote(value)}`;
  }
  return text;
}
