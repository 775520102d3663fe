import type { Peer } from '#voice/sip/transport.js';
import type { Via } from '#voice/sip/via.js';

/**
 * Where responses to a request go (RFC 3261 section 18.2.2, RFC 3581): back on its connection; over UDP to where it came
 * from, at the port it came from if it asked for that (`rport`), else at the port of its Via. `maddr` is not obeyed:
 * it would let a stranger point our answers at others.
 */
export function responsePeer(via: Via, from: Peer): Peer {
  if (from.transport !== 'udp' || via.params.has('rport')) return from;
  return { ...from, port: via.port ?? 5060 };
}
