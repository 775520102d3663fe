/** TLS as a client: who the far end must prove to be (RFC 3261 section 26.3.1, RFC 5922). */
import { isIP } from 'node:net';
import { checkServerIdentity, connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import type { Certificate } from '#voice/sip/own-certificate.js';
import type { TlsTarget } from '#voice/sip/transport.js';

export interface TlsConnecting extends TlsTarget {
  address: string;
  port: number;
  localAddress?: string;
  /** Shown where the far end asks for one. */
  certificate?: Certificate | undefined;
}

/** Nothing is sent, and `secureConnect` does not come, before the far end has proved who it is. */
export function connectTls({ address, port, name, verify, ca, certificate, ...rest }: TlsConnecting): TLSSocket {
  return connect({
    ...rest,
    ...certificate,
    host: address,
    port,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: verify,
    // A literal address is no server name (RFC 6066 section 3).
    ...(isIP(name) === 0 && { servername: name }),
    ...(ca !== undefined && { ca }),
    checkServerIdentity: (_, shown) => identityFault(name, shown),
  });
}

/**
 * A certificate for `sip:name` counts before any other name in it (RFC 5922 section 7.1). Unlike that RFC a wildcard is
 * taken: carriers have them.
 */
function identityFault(name: string, certificate: PeerCertificate): Error | undefined {
  const names = certificate.subjectaltname?.split(', ') ?? [];
  const isNamed = names.some((entry) => entry.toLowerCase() === `uri:sip:${name.toLowerCase()}`);
  return isNamed ? undefined : checkServerIdentity(name, certificate);
}
