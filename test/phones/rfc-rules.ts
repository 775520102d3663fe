import { parseVia, tagOf } from './sip-address.js';
import type { SipMessage } from './sip-text.js';
import type { Peer } from './sip-wire.js';

/** What is wrong with a message by the letter of RFC 3261, apart from any dialog; empty when nothing is. */
export function faultsOf(message: SipMessage, peer: Peer): string[] {
  const { headers } = message;
  const faults: string[] = [];
  const name = message.kind === 'request' ? message.method : `${message.status} ${headers.get('CSeq')}`;
  const rule = (holds: boolean, text: string): void => {
    if (!holds) faults.push(`${name}: ${text}`);
  };
  for (const field of ['Via', 'From', 'To', 'Call-ID', 'CSeq']) rule(headers.has(field), `no ${field} (section 8.1.1)`);
  if (faults.length > 0) return faults;
  const [number = '', method = ''] = headers.get('CSeq').split(/\s+/);
  rule(/^\d+$/.test(number), `CSeq ${headers.get('CSeq')} (section 20.16)`);
  rule(tagOf(headers.get('From')) !== '', 'From without a tag (section 8.1.1.3)');
  rule(headers.all('From').length === 1 && headers.all('To').length === 1, 'more than one From or To');
  rule(peer.transport === 'udp' || headers.has('Content-Length'), 'no Content-Length on a stream (section 18.3)');
  if (message.body !== '') rule(headers.has('Content-Type'), 'a body without Content-Type (section 20.15)');
  const via = parseVia(headers.get('Via'));
  rule(via.params.branch?.startsWith('z9hG4bK') === true, 'a Via branch without the magic cookie (section 8.1.1.7)');
  if (message.kind === 'request') {
    rule(method === message.method, `CSeq says ${method} (section 8.1.1.5)`);
    rule(headers.has('Max-Forwards'), 'no Max-Forwards (section 8.1.1.6)');
    rule(via.transport === peer.transport, `Via says ${via.transport} on ${peer.transport}`);
    if (method === 'INVITE') rule(headers.all('Contact').length === 1, 'not exactly one Contact (section 8.1.1.8)');
    if (method === 'ACK' || method === 'BYE')
      rule(tagOf(headers.get('To')) !== '', 'a To without a tag (section 12.2.1.1)');
  } else if (message.status > 100) {
    rule(tagOf(headers.get('To')) !== '', 'a To without a tag (section 8.2.6.2)');
    rule(headers.all('Via').length === 1, 'more Vias than the request had');
    if (method === 'INVITE' && message.status < 300 && message.status >= 200)
      rule(headers.has('Contact'), 'no Contact (section 12.1.1)');
  }
  return faults;
}
