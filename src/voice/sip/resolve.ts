/** Where requests to a URI go (RFC 3263). */
import { isIP, isIPv4 } from 'node:net';
import type { Dns, ServiceRecord } from '#voice/sip/dns.js';
import { defaultPort, type Peer, type TransportName } from '#voice/sip/transport.js';
import type { SipUri } from '#voice/sip/uri.js';

/** The URI asks for something that cannot be reached from here. The message is for the operator. */
export class ResolveError extends Error {
  override readonly name = 'ResolveError';
}

export interface ResolveOptions {
  dns: Dns;
  /** From 0 to 1: chooses among SRV records by weight. */
  random?: () => number;
  /** Our own sockets are for IPv4: such addresses come first. */
  prefersIPv4?: boolean;
}

const MAX_PEERS = 16;
const SERVICES: Readonly<Record<TransportName, string>> = { udp: '_sip._udp', tcp: '_sip._tcp', tls: '_sips._tcp' };
const NAPTR_SERVICES: Readonly<Record<string, TransportName>> = {
  'SIP+D2U': 'udp',
  'SIP+D2T': 'tcp',
  'SIPS+D2T': 'tls',
};

/** One way to a host: a transport, and where SRV records for it stand. */
interface Way {
  transport: TransportName;
  service: string;
}

/**
 * All peers in the order to try them. A literal address or a port leaves nothing to ask for but addresses; otherwise SRV
 * records say where, of the transport that the URI names, or of those that NAPTR records name, or of UDP and TCP.
 * @throws ResolveError
 */
export async function resolveUri(uri: SipUri, options: ResolveOptions): Promise<Peer[]> {
  const asked = transportOf(uri);
  const host = uri.host.startsWith('[') ? uri.host.slice(1, -1) : uri.host;
  const transport = asked ?? 'udp';
  const peerAt = (transport: TransportName, address: string, port?: number): Peer => ({
    transport,
    address,
    port: port ?? defaultPort(transport),
    // The certificate must be for the name that was asked for, not for what DNS made of it (RFC 5922 section 7).
    ...(transport === 'tls' && { tls: { name: host, verify: true } }),
  });
  if (isIP(host) !== 0) return [peerAt(transport, host, uri.port)];

  // Names without a dot are of this machine or its neighbours, and have no services.
  const ways = uri.port === undefined && host.includes('.') ? await waysTo(host, asked, options) : [];
  const services = await Promise.all(ways.map(({ service }) => options.dns.services(service)));
  const targets = ways.flatMap(({ transport }, index) =>
    inOrder(services[index] ?? [], options.random ?? Math.random).map(({ name, port }) => ({ transport, name, port })),
  );
  const found =
    targets.length > 0
      ? await Promise.all(
          targets.slice(0, MAX_PEERS).map(async (target) => {
            const addresses = await addressesOf(target.name, options);
            return addresses.map((address) => peerAt(target.transport, address, target.port));
          }),
        )
      : [(await addressesOf(host, options)).map((address) => peerAt(transport, address, uri.port))];
  const peers = found.flat().slice(0, MAX_PEERS);
  if (peers.length === 0) throw new ResolveError(`${host} does not resolve to an address`);
  return peers;
}

/** Undefined: the URI leaves it open. */
function transportOf(uri: SipUri): TransportName | undefined {
  const named = uri.params.get('transport')?.toLowerCase();
  // `sips:…;transport=tcp` is TLS over TCP (RFC 3261 section 26.2.2).
  if (uri.scheme === 'sips' && (named === undefined || named === 'tcp')) return 'tls';
  if (named === undefined || named === 'udp' || named === 'tcp' || named === 'tls') return named;
  throw new ResolveError('the transport must be udp, tcp or tls');
}

async function waysTo(host: string, asked: TransportName | undefined, { dns }: ResolveOptions): Promise<Way[]> {
  if (asked !== undefined) return [{ transport: asked, service: `${SERVICES[asked]}.${host}` }];
  const pointers = (await dns.pointers(host)).filter(({ flags }) => flags.toLowerCase() === 's');
  pointers.sort((a, b) => a.order - b.order || a.preference - b.preference);
  const named = pointers.flatMap(({ service, replacement }) => {
    const transport = NAPTR_SERVICES[service.toUpperCase()];
    return transport === undefined ? [] : [{ transport, service: replacement }];
  });
  if (named.length > 0) return named;
  return (['udp', 'tcp'] as const).map((transport) => ({ transport, service: `${SERVICES[transport]}.${host}` }));
}

/** RFC 2782: by priority, and among equals drawn by weight. A target of `.` says that there is no such service. */
function inOrder(records: ServiceRecord[], random: () => number): ServiceRecord[] {
  const left = records.filter(({ name }) => name !== '' && name !== '.').sort((a, b) => a.priority - b.priority);
  const ordered: ServiceRecord[] = [];
  while (left.length > 0) {
    const equals = left.filter(({ priority }) => priority === left[0]!.priority).sort((a, b) => a.weight - b.weight);
    let draw = random() * equals.reduce((sum, { weight }) => sum + weight, 0);
    const drawn = equals.find(({ weight }) => (draw -= weight) < 0) ?? equals[0]!;
    ordered.push(drawn);
    left.splice(left.indexOf(drawn), 1);
  }
  return ordered;
}

async function addressesOf(host: string, { dns, prefersIPv4 }: ResolveOptions): Promise<string[]> {
  const all = await dns.addresses(host);
  return prefersIPv4 === true ? [...all.filter(isIPv4), ...all.filter((address) => !isIPv4(address))] : all;
}
