import { lookup } from 'node:dns/promises';
import { isIP, isIPv6 } from 'node:net';
import type { Clock } from '#clock.js';
import { BindError } from '#voice/sip/bind-error.js';
import { LocalAddresses, defaultRouteAddress } from '#voice/sip/local-addresses.js';
import type { SipMessage } from '#voice/sip/message.js';
import type { CertificateFiles } from '#voice/sip/own-certificate.js';
import { TcpTransport } from '#voice/sip/tcp.js';
import { defaultPort, type LocalAddress, type Peer, type Screen, type Transport } from '#voice/sip/transport.js';
import { UdpTransport } from '#voice/sip/udp.js';

export interface TransportsOptions {
  /** `0.0.0.0` or `::` for all; of a name, the first address. */
  host: string;
  /** The same for UDP and TCP. 0: any that is free for both. */
  port: number;
  clock: Clock;
  /** What peers outside our own networks reach this machine at, when that is not the bound address (NAT). */
  publicAddress?: string;
  /** TLS with a certificate of ours. Without it we reach others over TLS, and nobody reaches us. */
  tls?: { port: number; certificate: CertificateFiles } | undefined;
  idleTimeoutMs?: number;
  maxConnections?: number;
}

/** With port 0 the system picks the UDP port; that TCP has it too can take a few tries. */
const MAX_PORT_TRIES = 20;

/** UDP and TCP on one port and TLS on another, as one transport. */
export class Transports implements Transport {
  /** Of UDP and TCP. */
  readonly port: number;

  private constructor(
    /** The literal address that the sockets are bound to. */
    readonly host: string,
    private readonly udp: UdpTransport,
    private readonly tcp: TcpTransport,
    private readonly tls: TcpTransport,
  ) {
    this.port = udp.port;
  }

  /** Where TLS listens, or would. */
  get tlsPort(): number {
    return this.tls.port;
  }

  /** @throws BindError, CertificateError */
  static async open(options: TransportsOptions): Promise<Transports> {
    const { port, publicAddress, tls, ...rest } = options;
    const host = isIP(options.host) === 0 ? (await lookup(options.host)).address : options.host;
    const isWildcard = host === '0.0.0.0' || host === '::';
    const defaultRoute = isWildcard ? await defaultRouteAddress(isIPv6(host) ? 'ipv6' : 'ipv4') : undefined;
    const localAddresses = new LocalAddresses({ bound: host, publicAddress, defaultRoute, clock: options.clock });
    const secure = await TcpTransport.open({
      ...rest,
      host,
      port: tls?.port ?? defaultPort('tls'),
      localAddresses,
      tls: { certificate: tls?.certificate },
    });
    for (let attempt = 1; ; attempt++) {
      const opened: Transport[] = [secure];
      try {
        const udp = await UdpTransport.open({ host, port, localAddresses, clock: options.clock });
        opened.push(udp);
        const tcp = await TcpTransport.open({ ...rest, host, port: udp.port, localAddresses });
        return new Transports(host, udp, tcp, secure);
      } catch (error) {
        const isTaken = error instanceof BindError && error.code === 'EADDRINUSE';
        const isLast = port !== 0 || !isTaken || attempt >= MAX_PORT_TRIES;
        await Promise.all(opened.filter((transport) => isLast || transport !== secure).map((open) => open.close()));
        if (isLast) throw error;
      }
    }
  }

  send(message: SipMessage, to: Peer, onError: (error: Error) => void): void {
    this.#of(to).send(message, to, onError);
  }

  onMessage(listener: (message: SipMessage, from: Peer) => void): void {
    for (const transport of [this.udp, this.tcp, this.tls]) transport.onMessage(listener);
  }

  localAddress(to: Peer): LocalAddress {
    return this.#of(to).localAddress(to);
  }

  screen(addresses: Screen): void {
    for (const transport of [this.udp, this.tcp, this.tls]) transport.screen(addresses);
  }

  ping(to: Peer): boolean {
    return this.#of(to).ping(to);
  }

  #of(to: Peer): UdpTransport | TcpTransport {
    return this[to.transport];
  }

  async close(): Promise<void> {
    await Promise.all([this.udp.close(), this.tcp.close(), this.tls.close()]);
  }
}
