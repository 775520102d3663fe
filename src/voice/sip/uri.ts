import { isIPv6 } from 'node:net';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import type { Params } from '#voice/sip/params.js';

/** RFC 3261 section 19.1. Parts are without their percent escapes; `formatUri` puts them back where needed. */
export interface SipUri {
  scheme: 'sip' | 'sips';
  user?: string;
  password?: string;
  /** Lower case; an IPv6 address keeps its brackets. */
  host: string;
  port?: number;
  params: Params;
  headers: Map<string, string>;
}

/** RFC 3966. */
export interface TelUri {
  scheme: 'tel';
  /** Without visual separators: `+12015550123`. */
  number: string;
  params: Params;
}

/** Any other scheme, not looked into. */
export interface OtherUri {
  scheme: 'other';
  text: string;
}

export type Uri = SipUri | TelUri | OtherUri;

const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):/;
/** Unreserved, user-unreserved and escapes; also `#`, which phones send unescaped in feature codes. */
const USER = /^[A-Za-z0-9\-_.!~*'()&=+$,;?/%#]+$/;
const PASSWORD = /^[A-Za-z0-9\-_.!~*'()&=+$,%]*$/;
const HOST_PORT = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*))(?::(\d{1,5}))?$/;
const PARAM_TEXT = /^[A-Za-z0-9\-_.!~*'()[\]/:&+$%]+$/;
const HEADER_TEXT = /^[A-Za-z0-9\-_.!~*'()[\]/?:+$%]*$/;
const TEL_NUMBER = /^\+?[0-9A-Fa-f*#\-.()]+$/;

/** @throws SipParseError */
export function parseUri(text: string): Uri {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  switch (scheme) {
    case undefined:
      throw new SipParseError('Malformed URI');
    case 'sip':
    case 'sips':
      return parseSip(scheme, text.slice(scheme.length + 1));
    case 'tel':
      return parseTel(text.slice(4));
    default:
      if (/[\s<>"]/.test(text) || text.length === scheme.length + 1) throw new SipParseError('Malformed URI');
      return { scheme: 'other', text };
  }
}

/** @throws SipParseError also for another scheme (status 416) */
export function parseSipUri(text: string): SipUri {
  const uri = parseUri(text);
  if (uri.scheme === 'tel' || uri.scheme === 'other') throw new SipParseError('Unsupported URI Scheme', 416);
  return uri;
}

function parseSip(scheme: 'sip' | 'sips', rest: string): SipUri {
  const at = rest.indexOf('@');
  const afterUser = rest.slice(at + 1);
  const question = afterUser.indexOf('?');
  const beforeHeaders = question < 0 ? afterUser : afterUser.slice(0, question);
  const semicolon = beforeHeaders.indexOf(';');
  const hostPort = HOST_PORT.exec(semicolon < 0 ? beforeHeaders : beforeHeaders.slice(0, semicolon));
  if (hostPort === null) throw new SipParseError('Malformed host in URI');
  const host = checkedHost(hostPort[1]!);
  const uri: SipUri = {
    scheme,
    host,
    params: parseUriParams(semicolon < 0 ? undefined : beforeHeaders.slice(semicolon + 1)),
    headers: parseUriHeaders(question < 0 ? undefined : afterUser.slice(question + 1)),
  };
  if (hostPort[2] !== undefined) uri.port = checkedPort(hostPort[2]);
  if (at >= 0) {
    const userInfo = rest.slice(0, at);
    const colon = userInfo.indexOf(':');
    const user = colon < 0 ? userInfo : userInfo.slice(0, colon);
    if (!USER.test(user)) throw new SipParseError('Malformed user in URI');
    uri.user = unescape(user);
    if (colon >= 0) {
      const password = userInfo.slice(colon + 1);
      if (!PASSWORD.test(password)) throw new SipParseError('Malformed password in URI');
      uri.password = unescape(password);
    }
  }
  return uri;
}

/** A host name or literal address in lower case. @throws SipParseError */
export function checkedHost(host: string): string {
  if (host.startsWith('[') && !isIPv6(host.slice(1, -1))) throw new SipParseError('Malformed IPv6 address');
  return host.toLowerCase();
}

/** @throws SipParseError outside 1–65535 */
export function checkedPort(digits: string): number {
  const port = Number(digits);
  if (port < 1 || port > 65_535) throw new SipParseError('Port out of range');
  return port;
}

function parseUriParams(text: string | undefined): Params {
  const params: Params = new Map();
  if (text === undefined) return params;
  for (const part of text.split(';')) {
    const equals = part.indexOf('=');
    const name = equals < 0 ? part : part.slice(0, equals);
    const value = equals < 0 ? null : part.slice(equals + 1);
    if (!PARAM_TEXT.test(name) || (value !== null && !PARAM_TEXT.test(value))) {
      throw new SipParseError('Malformed URI parameter');
    }
    const key = unescape(name).toLowerCase();
    if (params.has(key)) throw new SipParseError('Repeated URI parameter');
    params.set(key, value === null ? null : unescape(value));
  }
  return params;
}

function parseUriHeaders(text: string | undefined): Map<string, string> {
  const headers = new Map<string, string>();
  if (text === undefined) return headers;
  for (const part of text.split('&')) {
    const equals = part.indexOf('=');
    if (equals < 1) throw new SipParseError('Malformed header in URI');
    const name = part.slice(0, equals);
    const value = part.slice(equals + 1);
    if (!HEADER_TEXT.test(name) || !HEADER_TEXT.test(value)) throw new SipParseError('Malformed header in URI');
    headers.set(unescape(name).toLowerCase(), unescape(value));
  }
  return headers;
}

function parseTel(rest: string): TelUri {
  const semicolon = rest.indexOf(';');
  const number = semicolon < 0 ? rest : rest.slice(0, semicolon);
  if (!TEL_NUMBER.test(number)) throw new SipParseError('Malformed telephone number');
  const params = parseUriParams(semicolon < 0 ? undefined : rest.slice(semicolon + 1));
  return { scheme: 'tel', number: number.replace(/[-.()]/g, ''), params };
}

function unescape(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new SipParseError('Malformed escape in URI');
  }
}

/** Percent-encodes as UTF-8 what `allowed` does not match. */
function escape(text: string, allowed: RegExp): string {
  let escaped = '';
  for (const character of text) {
    if (allowed.test(character)) escaped += character;
    else for (const byte of Buffer.from(character)) escaped += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return escaped;
}

const USER_UNESCAPED = /[A-Za-z0-9\-_.!~*'()&=+$,;?/]/;
const PASSWORD_UNESCAPED = /[A-Za-z0-9\-_.!~*'()&=+$,]/;
const PARAM_UNESCAPED = /[A-Za-z0-9\-_.!~*'()[\]/:&+$]/;
const HEADER_UNESCAPED = /[A-Za-z0-9\-_.!~*'()[\]/?:+$]/;
const NEEDS_NO_ESCAPE = /^[A-Za-z0-9\-_.+*]*$/;

export function formatUri(uri: Uri): string {
  if (uri.scheme === 'other') return uri.text;
  if (uri.scheme === 'tel') return `tel:${uri.number}${formatUriParams(uri.params)}`;
  let text = `${uri.scheme}:`;
  if (uri.user !== undefined) {
    text += NEEDS_NO_ESCAPE.test(uri.user) ? uri.user : escape(uri.user, USER_UNESCAPED);
    if (uri.password !== undefined) text += `:${escape(uri.password, PASSWORD_UNESCAPED)}`;
    text += '@';
  }
  text += uri.port === undefined ? uri.host : `${uri.host}:${uri.port}`;
  text += formatUriParams(uri.params);
  let separator = '?';
  for (const [name, value] of uri.headers) {
    text += `${separator}${escape(name, HEADER_UNESCAPED)}=${escape(value, HEADER_UNESCAPED)}`;
    separator = '&';
  }
  return text;
}

function formatUriParams(params: Params): string {
  let text = '';
  for (const [name, value] of params) {
    text += `;${escape(name, PARAM_UNESCAPED)}`;
    if (value !== null) text += `=${escape(value, PARAM_UNESCAPED)}`;
  }
  return text;
}

/** These never match when only one of two URIs has them, not even with their default value (RFC 3261 section 19.1.4). */
const PARAMS_THAT_COUNT_ALONE = ['transport', 'user', 'ttl', 'method', 'maddr'];

/**
 * RFC 3261 section 19.1.4 for sip and sips, RFC 3966 section 4 for tel; other schemes by their text. One difference: a
 * reserved character in a user part equals its own escape, as no server we know of gives them different meanings.
 */
export function uriEquals(a: Uri, b: Uri): boolean {
  if (a.scheme === 'other' || b.scheme === 'other') {
    return a.scheme === 'other' && b.scheme === 'other' && a.text === b.text;
  }
  if (a.scheme === 'tel' || b.scheme === 'tel') {
    if (a.scheme !== 'tel' || b.scheme !== 'tel') return false;
    return a.number.toLowerCase() === b.number.toLowerCase() && sameParams(a.params, b.params, () => true);
  }
  return (
    a.scheme === b.scheme &&
    a.user === b.user &&
    a.password === b.password &&
    a.host === b.host &&
    a.port === b.port &&
    sameParams(a.params, b.params, (name) => PARAMS_THAT_COUNT_ALONE.includes(name)) &&
    a.headers.size === b.headers.size &&
    [...a.headers].every(([name, value]) => b.headers.get(name) === value)
  );
}

function sameParams(a: Params, b: Params, countsAlone: (name: string) => boolean): boolean {
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    if (a.has(name) && b.has(name)) {
      if (a.get(name)?.toLowerCase() !== b.get(name)?.toLowerCase()) return false;
    } else if (countsAlone(name)) return false;
  }
  return true;
}
