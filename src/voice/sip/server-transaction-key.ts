import { parseCSeq } from '#voice/sip/cseq.js';
import { BRANCH_COOKIE } from '#voice/sip/ids.js';
import type { SipRequest } from '#voice/sip/message.js';
import { tagOf } from '#voice/sip/name-address.js';
import { formatVia, type Via } from '#voice/sip/via.js';

/**
 * Equal for a request and its retransmissions; with `INVITE` as the method also for the ACK of a refusal and the CANCEL
 * of an INVITE (RFC 3261 sections 17.2.3 and 9.2). `via` is the request's top Via.
 */
export function serverTransactionKey(request: SipRequest, via: Via, method = request.method): string {
  const branch = via.params.get('branch');
  if (branch?.startsWith(BRANCH_COOKIE) && branch.length > BRANCH_COOKIE.length) {
    return `${branch}|${via.host}:${via.port ?? 5060}|${method}`;
  }
  // From before RFC 3261: the branch alone does not identify anything.
  const { headers } = request;
  const cseq = parseCSeq(headers.get('CSeq') ?? '').number;
  const from = tagOf(headers.get('From') ?? '') ?? '';
  return ['2543', request.uri, from, headers.get('Call-ID'), cseq, formatVia(via), method].join('|');
}

/**
 * Equal for copies of one request that came by different ways (RFC 3261 section 8.2.2.2); undefined inside a dialog,
 * where it cannot happen.
 */
export function mergeKey({ headers, method }: SipRequest): string | undefined {
  if (tagOf(headers.get('To') ?? '') !== undefined) return undefined;
  const fromTag = tagOf(headers.get('From') ?? '');
  if (fromTag === undefined) return undefined;
  return [fromTag, headers.get('Call-ID'), parseCSeq(headers.get('CSeq') ?? '').number, method].join('|');
}
