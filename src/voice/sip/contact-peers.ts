/** Where requests to a registered contact go. */
import type { PhoneContact } from '#voice/engine.js';
import type { Peer } from '#voice/sip/transport.js';
import { parseSipUri } from '#voice/sip/uri.js';

/**
 * First where the REGISTER came from, which leads through the phone's NAT (RFC 3581; over TCP its own connection). A
 * TCP connection that is gone, after a restart of either side, cannot be made anew to that port: a phone that is not
 * behind a NAT listens where its Contact says. Over TLS phones have no certificate: only they can connect.
 */
export function contactPeers({ uri, transport, address, port }: PhoneContact): Peer[] {
  const source: Peer = { transport, address, port };
  if (transport !== 'tcp') return [source];
  const contact = parseSipUri(uri);
  const listens = contact.port ?? 5060;
  return contact.host === address && listens !== port ? [source, { transport, address, port: listens }] : [source];
}
