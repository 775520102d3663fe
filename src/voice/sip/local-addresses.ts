import { createSocket } from 'node:dgram';
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Clock } from '#clock.js';

export interface LocalAddressesOptions {
  /** What the sockets are bound to; `0.0.0.0` or `::` for everything. */
  bound: string;
  /** What the rest of the world reaches this machine at when it is behind a NAT. */
  publicAddress?: string | undefined;
  /** The source address of the default route, see `defaultRouteAddress`. */
  defaultRoute?: string | undefined;
  clock: Clock;
  /** Tests put their own here. */
  interfaces?: typeof networkInterfaces;
}

/** Interfaces come and go (VPN, DHCP); looking at them for every request would cost more than the request. */
const INTERFACES_FRESH_MS = 10_000;

interface Attached {
  address: string;
  isInternal: boolean;
  network: BlockList;
}

/** Tells which of our addresses a peer can send to. */
export class LocalAddresses {
  readonly #options: LocalAddressesOptions;
  #attached: Attached[] = [];
  #readAt = -Infinity;

  constructor(options: LocalAddressesOptions) {
    this.#options = options;
  }

  /**
   * A peer on a network that we are attached to gets our address there; any other the public address, or the address of
   * the default route.
   */
  towards(peer: string): string {
    const { bound, publicAddress, defaultRoute } = this.#options;
    const family = isIPv6(peer) ? 'ipv6' : 'ipv4';
    if (!isWildcard(bound)) {
      if (publicAddress === undefined || isLoopback(bound) || isLoopback(peer)) return bound;
      return this.#interfaceTowards(peer, family) === undefined ? publicAddress : bound;
    }
    if (isLoopback(peer)) return family === 'ipv6' ? '::1' : '127.0.0.1';
    const attached = this.#interfaceTowards(peer, family)?.address;
    return attached ?? publicAddress ?? defaultRoute ?? this.#anyExternal(family) ?? '127.0.0.1';
  }

  #interfaceTowards(peer: string, family: 'ipv4' | 'ipv6'): Attached | undefined {
    return this.#interfaces().find(({ network }) => network.check(peer, family));
  }

  #anyExternal(family: 'ipv4' | 'ipv6'): string | undefined {
    const isFamily = family === 'ipv6' ? isIPv6 : isIPv4;
    return this.#interfaces().find(({ address, isInternal }) => !isInternal && isFamily(address))?.address;
  }

  #interfaces(): Attached[] {
    const now = this.#options.clock.now();
    if (now - this.#readAt < INTERFACES_FRESH_MS) return this.#attached;
    this.#readAt = now;
    const all = Object.values((this.#options.interfaces ?? networkInterfaces)()).flatMap((list) => list ?? []);
    this.#attached = all.flatMap(({ address, cidr, family, internal }) => {
      const prefix = Number(cidr?.split('/')[1] ?? Number.NaN);
      if (Number.isNaN(prefix)) return [];
      const network = new BlockList();
      network.addSubnet(address, prefix, family === 'IPv6' ? 'ipv6' : 'ipv4');
      return [{ address, isInternal: internal, network }];
    });
    return this.#attached;
  }
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address === 'localhost';
}

/**
 * The address that packets to far away leave from; undefined without a default route. Connecting a datagram socket
 * looks the route up and sends nothing; the destinations are addresses for documentation (RFC 5737, RFC 3849).
 */
export function defaultRouteAddress(family: 'ipv4' | 'ipv6'): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(family === 'ipv6' ? 'udp6' : 'udp4');
    const done = (address?: string): void => {
      socket.close();
      resolve(address);
    };
    socket.once('error', () => done());
    socket.connect(9, family === 'ipv6' ? '2001:db8::1' : '192.0.2.1', () => done(socket.address().address));
  });
}
