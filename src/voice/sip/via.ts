import type { Headers } from '#voice/sip/message.js';
import { formatParams, parseParams, type Params } from '#voice/sip/params.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import { splitFirst, splitList } from '#voice/sip/split-list.js';
import { checkedHost, checkedPort } from '#voice/sip/uri.js';

/** RFC 3261 section 20.42. */
export interface Via {
  /** Upper case: `UDP`, `TCP`; other transports may be met in the Vias of others. */
  transport: string;
  /** Sent-by: lower case, an IPv6 address in brackets. */
  host: string;
  port?: number;
  params: Params;
}

const VIA =
  /^[ \t]*SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*([A-Za-z0-9\-.!%*_+`'~]+)[ \t]+(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9._-]*)(?:[ \t]*:[ \t]*(\d{1,5}))?/i;

/** One value. @throws SipParseError */
export function parseVia(value: string): Via {
  const match = VIA.exec(value);
  if (match === null) throw new SipParseError('Malformed Via');
  const via: Via = {
    transport: match[1]!.toUpperCase(),
    host: checkedHost(match[2]!),
    params: parseParams(value, match[0].length),
  };
  if (match[3] !== undefined) via.port = checkedPort(match[3]);
  return via;
}

export function formatVia(via: Via): string {
  const sentBy = via.port === undefined ? via.host : `${via.host}:${via.port}`;
  return `SIP/2.0/${via.transport} ${sentBy}${formatParams(via.params)}`;
}

/** The Via of the last hop. @throws SipParseError when there is none, too */
export function topVia(headers: Headers): Via {
  const line = headers.get('Via');
  if (line === undefined) throw new SipParseError('Missing Via');
  return parseVia(splitFirst(line).first);
}

/** Every Via in order, whether on lines of their own or several on one. */
export function viaValues(headers: Headers): string[] {
  return headers.getAll('Via').flatMap(splitList);
}

/** Changes the top Via in place and leaves those below it alone. */
export function replaceTopVia(headers: Headers, via: Via): void {
  const { rest } = splitFirst(headers.get('Via') ?? '');
  headers.replaceFirst('Via', rest === undefined ? formatVia(via) : `${formatVia(via)},${rest}`);
}
