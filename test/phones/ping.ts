import { randomBytes } from 'node:crypto';
import { MAX_FORWARDS, peerOf } from './dialog.js';
import { newTag } from './server-transaction.js';
import { SipHeaders, type SipRequest, type SipResponse } from './sip-text.js';
import type { Transactions } from './transactions.js';

/** OPTIONS outside a dialog (RFC 3261 section 11); undefined when nothing answered in 64 × T1. */
export function sendOptions(
  transactions: Transactions,
  contact: string,
  uri: string,
): Promise<SipResponse | undefined> {
  const headers = SipHeaders.of({ 'Max-Forwards': MAX_FORWARDS, From: `<${contact}>;tag=${newTag()}`, To: `<${uri}>` });
  headers.add('Call-ID', randomBytes(12).toString('hex')).add('CSeq', '1 OPTIONS').add('Contact', `<${contact}>`);
  const request: SipRequest = { kind: 'request', method: 'OPTIONS', uri, headers, body: '' };
  return new Promise((resolve) => {
    const answered = (response: SipResponse): void => {
      if (response.status >= 200) resolve(response);
    };
    transactions.request(request, peerOf(uri, transactions.wire), answered, () => resolve(undefined));
  });
}
