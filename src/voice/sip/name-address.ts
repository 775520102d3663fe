import { formatParams, parseParams, type Params } from '#voice/sip/params.js';
import { endOfQuoted, isToken, quote, unescapeQuoted } from '#voice/sip/quoted-string.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import { splitList } from '#voice/sip/split-list.js';
import { formatUri, parseUri, type Uri } from '#voice/sip/uri.js';

/** The value of From, To, Contact, Route and the like (RFC 3261 section 20.10). */
export interface NameAddress {
  /** Without quotes and backslashes; undefined when there is none or it is empty. */
  displayName?: string;
  uri: Uri;
  /** Of the header field, not of the URI. */
  params: Params;
}

/** One value: From, To, Refer-To. @throws SipParseError */
export function parseNameAddress(value: string): NameAddress {
  const text = value.trim();
  if (text.startsWith('"')) {
    const end = endOfQuoted(text, 0);
    const between = text.indexOf('<', end);
    if (between < 0 || text.slice(end + 1, between).trim() !== '') throw new SipParseError('Malformed address');
    return inAngles(text, between, unescapeQuoted(text.slice(1, end)));
  }
  const open = text.indexOf('<');
  const before = open < 0 ? text : text.slice(0, open);
  // A `<` after a semicolon or a quote is inside a quoted parameter, not the start of the URI.
  if (open >= 0 && !before.includes(';') && !before.includes('"')) return inAngles(text, open, before.trim());
  const semicolon = text.indexOf(';');
  const addrSpec = (semicolon < 0 ? text : text.slice(0, semicolon)).trimEnd();
  // Without angle brackets a comma or question mark would be ambiguous, so the URI must not have one (section 20.10).
  if (/[,?<>]/.test(addrSpec)) throw new SipParseError('URI needs angle brackets');
  return { uri: parseUri(addrSpec), params: parseParams(text, semicolon < 0 ? text.length : semicolon) };
}

function inAngles(text: string, open: number, displayName: string): NameAddress {
  const close = text.indexOf('>', open);
  if (close < 0) throw new SipParseError('Unterminated angle bracket');
  const uri = parseUri(text.slice(open + 1, close).trim());
  const params = parseParams(text, close + 1);
  return displayName === '' ? { uri, params } : { displayName, uri, params };
}

/** Route, Record-Route, P-Asserted-Identity …: all values of all fields of that name. @throws SipParseError */
export function parseNameAddresses(values: readonly string[]): NameAddress[] {
  return values.flatMap((value) => splitList(value).map(parseNameAddress));
}

/** Contact fields: `*` (REGISTER only) or addresses. @throws SipParseError also for `*` beside others */
export function parseContacts(values: readonly string[]): '*' | NameAddress[] {
  const items = values.flatMap(splitList);
  if (items.includes('*')) {
    if (items.length > 1) throw new SipParseError('Contact * beside other contacts');
    return '*';
  }
  return items.map(parseNameAddress);
}

/** Always with angle brackets; the display name in quotes unless it is a plain token. */
export function formatNameAddress(address: NameAddress): string {
  const { displayName, uri, params } = address;
  const name = displayName === undefined ? '' : `${isToken(displayName) ? displayName : quote(displayName)} `;
  return `${name}<${formatUri(uri)}>${formatParams(params)}`;
}

/** The tag of a From or To value. @throws SipParseError */
export function tagOf(value: string): string | undefined {
  return parseNameAddress(value).params.get('tag') ?? undefined;
}
