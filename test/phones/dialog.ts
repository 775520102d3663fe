import { parseNameAddress, parseUri } from './sip-address.js';
import { SipHeaders, type SipRequest } from './sip-text.js';
import type { Peer, SipWire } from './sip-wire.js';

/** Far enough for anything on one machine (RFC 3261 section 8.1.1.6). */
export const MAX_FORWARDS = '70';

/** One side's view of a dialog (RFC 3261 section 12). */
export class Dialog {
  /** From and To as we write them in our requests. */
  local = '';
  remote = '';
  /** Contact of the far end. */
  target = '';
  routes: string[] = [];
  /** Last CSeq numbers used and seen. */
  localSequence = 0;
  remoteSequence = -1;

  constructor(
    readonly callId: string,
    readonly localTag: string,
    private readonly wire: SipWire,
    private readonly contact: string,
  ) {}

  /** Builds a request within the dialog; `sequence` for the ACK, which repeats its INVITE's number. */
  request(method: string, fields: Readonly<Record<string, string>> = {}, body = '', sequence?: number): SipRequest {
    const number = sequence ?? ++this.localSequence;
    const headers = SipHeaders.of({ 'Max-Forwards': MAX_FORWARDS, From: this.local, To: this.remote });
    headers.add('Call-ID', this.callId).add('CSeq', `${number} ${method}`).add('Contact', `<${this.contact}>`);
    for (const route of this.routes) headers.add('Route', route);
    for (const [name, value] of Object.entries(fields)) headers.add(name, value);
    return { kind: 'request', method, uri: this.target, headers, body };
  }

  /** Where requests go: the first route, else the far end's contact. */
  nextHop(): Peer {
    const first = this.routes[0];
    return peerOf(first === undefined ? this.target : parseNameAddress(first).uri, this.wire);
  }
}

/** The phone has one transport and uses it whatever the URI says. */
export function peerOf(uri: string, wire: SipWire): Peer {
  const { host, port } = parseUri(uri);
  return { transport: wire.transport, host, port };
}
