/** Extensions that a request insists on (RFC 3261 section 8.2.2.3). We have none to offer. */
import { splitList } from '#voice/sip/split-list.js';
import type { Signalling } from '#voice/sip/signalling.js';
import type { ServerTransaction } from '#voice/sip/transport.js';

/** True: answered 420 with the list. */
export function refuseUnsupported(signalling: Signalling, transaction: ServerTransaction): boolean {
  const required = transaction.request.headers.getAll('Require').filter((value) => value.trim() !== '');
  if (required.length === 0) return false;
  const tags = required.flatMap(splitList).join(', ');
  signalling.respond(transaction, 420, { headers: [['Unsupported', tags]] });
  return true;
}
