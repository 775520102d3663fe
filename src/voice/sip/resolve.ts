import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Peer, TransportName } from '#voice/sip/transport.js';
import type { SipUri } from '#voice/sip/uri.js';

/** The addresses of a host name; fails when there are none. */
export type HostLookup = (host: string) => Promise<{ address: string }[]>;

/** The URI asks for something that cannot be reached from here. The message is for the operator. */
export class ResolveError extends Error {
  override readonly name = 'ResolveError';
}

const DEFAULT_PORT = 5060;

/**
 * Where requests to a URI go (RFC 3263): UDP unless `transport` says otherwise, the port or 5060, and the literal
 * address or every address of the name, in the order to try them. SRV and NAPTR records are not asked for.
 * @throws ResolveError
 */
export async function resolveUri(uri: SipUri, lookupHost: HostLookup = lookupAll): Promise<Peer[]> {
  const transport = transportOf(uri);
  const port = uri.port ?? DEFAULT_PORT;
  const host = uri.host.startsWith('[') ? uri.host.slice(1, -1) : uri.host;
  if (isIP(host) !== 0) return [{ transport, address: host, port }];
  try {
    const found = await lookupHost(host);
    return found.map(({ address }) => ({ transport, address, port }));
  } catch (error) {
    throw new ResolveError(`${host} does not resolve to an address`, { cause: error });
  }
}

function transportOf(uri: SipUri): TransportName {
  const transport = uri.params.get('transport')?.toLowerCase() ?? 'udp';
  if (uri.scheme === 'sips' || transport === 'tls') throw new ResolveError('SIP over TLS is not supported');
  if (transport !== 'udp' && transport !== 'tcp') throw new ResolveError('the transport must be udp or tcp');
  return transport;
}

function lookupAll(host: string): Promise<{ address: string }[]> {
  return lookup(host, { all: true });
}
