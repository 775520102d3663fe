import { Headers, type SipRequest, type SipResponse } from '#voice/sip/message.js';
import { newTag } from '#voice/sip/ids.js';
import { parseNameAddress } from '#voice/sip/name-address.js';
import { reasonPhrase } from '#voice/sip/status.js';

export interface ResponseParts {
  reason?: string;
  /** Added to To when the request has none there; default: a new one. Never added to 100. */
  toTag?: string;
  headers?: Iterable<readonly [string, string]>;
  body?: Buffer;
}

const COPIED = ['Via', 'From', 'To', 'Call-ID', 'CSeq'];

/** RFC 3261 section 8.2.6. Works on a request whose To cannot be parsed, too: it is then copied as it is. */
export function createResponse(request: SipRequest, status: number, parts: ResponseParts = {}): SipResponse {
  const headers = new Headers();
  for (const name of COPIED) {
    for (const value of request.headers.getAll(name)) {
      headers.add(name, name === 'To' && status > 100 ? tagged(value, parts.toTag) : value);
    }
  }
  const timestamp = status === 100 ? request.headers.get('Timestamp') : undefined;
  if (timestamp !== undefined) headers.add('Timestamp', timestamp);
  for (const [name, value] of parts.headers ?? []) headers.add(name, value);
  const reason = parts.reason ?? reasonPhrase(status);
  return { kind: 'response', status, reason, headers, body: parts.body ?? Buffer.alloc(0) };
}

function tagged(to: string, tag: string | undefined): string {
  try {
    if (parseNameAddress(to).params.has('tag')) return to;
  } catch {
    return to;
  }
  return `${to};tag=${tag ?? newTag()}`;
}
