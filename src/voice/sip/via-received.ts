import type { SipMessage } from '#voice/sip/message.js';
import type { Peer } from '#voice/sip/transport.js';
import { replaceTopVia, topVia } from '#voice/sip/via.js';

/**
 * Writes where a request really came from into its top Via: `received` when that differs from sent-by (RFC 3261 section
 * 18.2.1), and with `rport` both (RFC 3581 section 4). Responses are left alone.
 */
export function noteReceived(message: SipMessage, from: Peer): void {
  if (message.kind === 'response') return;
  const via = topVia(message.headers);
  const wantsPort = via.params.has('rport');
  const isElsewhere = via.host !== (from.address.includes(':') ? `[${from.address}]` : from.address);
  if (!wantsPort && !isElsewhere) return;
  via.params.set('received', from.address);
  if (wantsPort) via.params.set('rport', String(from.port));
  replaceTopVia(message.headers, via);
}
