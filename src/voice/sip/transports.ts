import { lookup } from 'node:dns/promises';
import { isIP, isIPv6 } from 'node:net';
import type { Clock } from '#clock.js';
import { BindError } from '#voice/sip/bind-error.js';
import { LocalAddresses, defaultRouteAddress } from '#voice/sip/local-addresses.js';
import type { SipMessage } from '#voice/sip/message.js';
import { TcpTransport } from '#voice/sip/tcp.js';
import type { Peer, Transport } from '#voice/sip/transport.js';
import { UdpTransport } from '#voice/sip/udp.js';

export interface TransportsOptions {
  /** `0.0.0.0` or `::` for all; of a name, the first address. */
  host: string;
  /** The same for UDP and TCP. 0: any that is free for both. */
  port: number;
  clock: Clock;
  /** What peers outside our own networks reach this machine at, when that is not the bound address (NAT). */
  publicAddress?: string;
  idleTimeoutMs?: number;
  maxConnections?: number;
}

/** With port 0 the system picks the UDP port; that TCP has it too can take a few tries. */
const MAX_PORT_TRIES = 20;

/** UDP and TCP on one port, as one transport. */
export class Transports implements Transport {
  readonly port: number;

  private constructor(
    /** The literal address that the sockets are bound to. */
    readonly host: string,
    private readonly udp: UdpTransport,
    private readonly tcp: TcpTransport,
  ) {
    this.port = udp.port;
  }

  /** @throws BindError */
  static async open(options: TransportsOptions): Promise<Transports> {
    const { port, publicAddress, ...rest } = options;
    const host = isIP(options.host) === 0 ? (await lookup(options.host)).address : options.host;
    const isWildcard = host === '0.0.0.0' || host === '::';
    const defaultRoute = isWildcard ? await defaultRouteAddress(isIPv6(host) ? 'ipv6' : 'ipv4') : undefined;
    const localAddresses = new LocalAddresses({ bound: host, publicAddress, defaultRoute, clock: options.clock });
    for (let attempt = 1; ; attempt++) {
      const udp = await UdpTransport.open({ host, port, localAddresses });
      try {
        return new Transports(host, udp, await TcpTransport.open({ ...rest, host, port: udp.port, localAddresses }));
      } catch (error) {
        await udp.close();
        const isTaken = error instanceof BindError && error.code === 'EADDRINUSE';
        if (port !== 0 || !isTaken || attempt >= MAX_PORT_TRIES) throw error;
      }
    }
  }

  send(message: SipMessage, to: Peer, onError: (error: Error) => void): void {
    this.#of(to).send(message, to, onError);
  }

  onMessage(listener: (message: SipMessage, from: Peer) => void): void {
    this.udp.onMessage(listener);
    this.tcp.onMessage(listener);
  }

  localAddress(to: Peer): { address: string; port: number } {
    return this.#of(to).localAddress(to);
  }

  #of(to: Peer): UdpTransport | TcpTransport {
    return to.transport === 'tcp' ? this.tcp : this.udp;
  }

  async close(): Promise<void> {
    await Promise.all([this.udp.close(), this.tcp.close()]);
  }
}
