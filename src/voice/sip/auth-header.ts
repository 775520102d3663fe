import { isToken, quote, unescapeQuoted } from '#voice/sip/quoted-string.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';

/**
 * The value of WWW-Authenticate, Proxy-Authenticate, Authorization or Proxy-Authorization. Each field holds one: they
 * are the exception to lists with commas (RFC 3261 section 7.3.1).
 */
export interface AuthHeader {
  /** Lower case: `digest`. */
  scheme: string;
  /** Names in lower case, values without quotes. */
  params: Map<string, string>;
}

const SCHEME = /^[ \t]*([A-Za-z0-9\-.!%*_+`'~]+)[ \t]+/;
const PARAM = /[ \t]*([A-Za-z0-9\-.!%*_+`'~]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\[^])*)"|([^ \t,"]+))[ \t]*(,|$)/y;

/** @throws SipParseError */
export function parseAuthHeader(value: string): AuthHeader {
  const scheme = SCHEME.exec(value);
  if (scheme === null) throw new SipParseError('Malformed credentials');
  const params = new Map<string, string>();
  for (let at = scheme[0].length; at < value.length; at = PARAM.lastIndex) {
    PARAM.lastIndex = at;
    const match = PARAM.exec(value);
    const name = match?.[1]?.toLowerCase();
    if (match === null || name === undefined || params.has(name)) throw new SipParseError('Malformed credentials');
    params.set(name, match[2] !== undefined ? unescapeQuoted(match[2]) : match[3]!);
  }
  return { scheme: scheme[1]!.toLowerCase(), params };
}

/** RFC 7616 section 3.4: these stand without quotes; old servers refuse some of them otherwise. */
const UNQUOTED_IN_CREDENTIALS = ['algorithm', 'qop', 'nc'];
/** RFC 7616 section 3.3. */
const UNQUOTED_IN_CHALLENGES = ['algorithm', 'stale'];

export function formatCredentials(params: Map<string, string>): string {
  return format(params, UNQUOTED_IN_CREDENTIALS);
}

export function formatChallenge(params: Map<string, string>): string {
  return format(params, UNQUOTED_IN_CHALLENGES);
}

function format(params: Map<string, string>, unquoted: readonly string[]): string {
  const parts = [...params].map(([name, value]) =>
    unquoted.includes(name) && isToken(value) ? `${name}=${value}` : `${name}=${quote(value)}`,
  );
  return `Digest ${parts.join(', ')}`;
}
