import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Networks that a server must not be made to call on behalf of a customer (RFC 6890 and its registry). */
const PRIVATE_V4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;
const PRIVATE_V6 = [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const;

export interface AddressGuardOptions {
  /** Loopback is allowed: the server itself listens there only. */
  allowLoopback: boolean;
  /** Exceptions by the operator; host names in lower case. */
  allow: {
    hosts: readonly string[];
    networks: readonly { address: string; prefix: number; family: 'ipv4' | 'ipv6' }[];
  };
}

export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

/** Decides to which addresses this server connects for a customer; asked with what a name resolves to, at connect time. */
export class AddressGuard {
  readonly #blocked = new BlockList();
  readonly #allowed = new BlockList();
  readonly #allowedHosts = new Set<string>();

  constructor(options: AddressGuardOptions) {
    for (const [network, prefix] of PRIVATE_V4) this.#blocked.addSubnet(network, prefix, 'ipv4');
    for (const [network, prefix] of PRIVATE_V6) this.#blocked.addSubnet(network, prefix, 'ipv6');
    if (options.allowLoopback) {
      this.#allowed.addSubnet('127.0.0.0', 8, 'ipv4');
      this.#allowed.addAddress('::1', 'ipv6');
      this.#allowedHosts.add('localhost');
    }
    for (const host of options.allow.hosts) this.#allowedHosts.add(host);
    for (const { address, prefix, family } of options.allow.networks) this.#allowed.addSubnet(address, prefix, family);
  }

  /** Throws `AddressRefused` for a literal address (as in a URL's host) that is not allowed. Names pass: they are judged when resolved. */
  checkHost(host: string): void {
    const bare = host.replace(/^\[|\]$/g, '');
    if (isIP(bare) !== 0 && !this.#permits(bare)) throw refused(bare);
  }

  /** For `net.connect` and undici: resolves a name and refuses it when any of its addresses is not allowed. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const trusted = this.#allowedHosts.has(host.toLowerCase());
      const bad = trusted ? undefined : addresses.find(({ address }) => !this.#permits(address));
      if (bad !== undefined) return callback(refused(`${host} (${bad.address})`), []);
      if (options.all === true) return callback(null, addresses);
      const first = addresses[0];
      if (first === undefined) return callback(new Error(`${host} has no address`), []);
      callback(null, first.address, first.family);
    });
  };

  #permits(address: string): boolean {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const inside = family === 'ipv6' ? embeddedIpv4(address) : undefined;
    if (inside !== undefined) return this.#permits(inside);
    return this.#allowed.check(address, family) || !this.#blocked.check(address, family);
  }
}

function refused(what: string): AddressRefused {
  return new AddressRefused(`${what} is a private or reserved address; SIDETONE_WEBHOOK_ALLOW can allow it`);
}

/** IPv4-mapped addresses (RFC 4291 section 2.5.5.2) and NAT64's (RFC 6052). */
const EMBEDDING = new BlockList();
EMBEDDING.addSubnet('::ffff:0:0', 96, 'ipv6');
EMBEDDING.addSubnet('64:ff9b::', 96, 'ipv6');

/** The IPv4 address that an IPv6 address leads to, if it leads to one. */
function embeddedIpv4(address: string): string | undefined {
  if (!EMBEDDING.check(address, 'ipv6')) return undefined;
  // In the URL standard's form the last 32 bits are two groups of hexadecimal digits.
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split(':');
  const [high = 0, low = 0] = groups.slice(-2).map((group) => parseInt(group === '' ? '0' : group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
