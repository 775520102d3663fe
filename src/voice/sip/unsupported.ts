/** Extensions that a request insists on (RFC 3261 section 8.2.2.3), and those that we have. */
import type { SipMessage } from '#voice/sip/message.js';
import type { Signalling } from '#voice/sip/signalling.js';
import { splitList } from '#voice/sip/split-list.js';
import type { ServerTransaction } from '#voice/sip/transport.js';

/** RFC 3262, RFC 4488, RFC 3891, RFC 4538, RFC 4028. */
export const SUPPORTED = ['100rel', 'norefersub', 'replaces', 'tdialog', 'timer'] as const;

/** True: answered 420 with the list. */
export function refuseUnsupported(signalling: Signalling, transaction: ServerTransaction): boolean {
  const required = transaction.request.headers.getAll('Require').filter((value) => value.trim() !== '');
  if (required.length === 0) return false;
  const supported = new Set<string>(SUPPORTED);
  const unsupported = required.flatMap(splitList).filter((tag) => !supported.has(tag.toLowerCase()));
  if (unsupported.length === 0) return false;
  signalling.respond(transaction, 420, { headers: [['Unsupported', unsupported.join(', ')]] });
  return true;
}

/** Whether the option tag stands in one of the fields. */
export function hasOption(message: SipMessage, field: 'Supported' | 'Require', tag: string): boolean {
  return message.headers.getAll(field).some((value) =>
    value
      .toLowerCase()
      .split(',')
      .some((item) => item.trim() === tag),
  );
}
