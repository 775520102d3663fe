/** Extensions that a request insists on (RFC 3261 section 8.2.2.3), and those that we have. */
import { splitList } from '#voice/sip/split-list.js';
import type { Signalling } from '#voice/sip/signalling.js';
import type { ServerTransaction } from '#voice/sip/transport.js';

/** RFC 4488, RFC 3891, RFC 4538. */
export const SUPPORTED = ['norefersub', 'replaces', 'tdialog'] as const;

/** True: answered 420 with the list. */
export function refuseUnsupported(signalling: Signalling, transaction: ServerTransaction): boolean {
  const required = transaction.request.headers.getAll('Require').filter((value) => value.trim() !== '');
  if (required.length === 0) return false;
  const supported = new Set<string>(SUPPORTED);
  const unsupported = required.flatMap(splitList).filter((tag) => !supported.has(tag.toLowerCase()));
  if (unsupported.length === 0) return false;
  const tags = unsupported.join(', ');
  signalling.respond(transaction, 420, { headers: [['Unsupported', tags]] });
  return true;
}
