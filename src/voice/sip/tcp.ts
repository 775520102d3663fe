import { connect, createServer, isIP, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, Server as TlsServer } from 'node:tls';
import type { Clock } from '#clock.js';
import { networkOf } from '#voice/sip/address-network.js';
import { BindError } from '#voice/sip/bind-error.js';
import type { LocalAddresses } from '#voice/sip/local-addresses.js';
import type { SipMessage } from '#voice/sip/message.js';
import { OwnCertificate, type CertificateFiles } from '#voice/sip/own-certificate.js';
import { TcpConnection } from '#voice/sip/tcp-connection.js';
import { connectTls } from '#voice/sip/tls-connect.js';
import { defaultPort, type LocalAddress, type Peer, type Screen, type Transport } from '#voice/sip/transport.js';
import { plainAddress } from '#voice/sip/udp.js';
import { topVia } from '#voice/sip/via.js';

/** Longer than the longest registration: a phone that sends no keep-alives stays reachable until it registers again. */
export const DEFAULT_IDLE_TIMEOUT_MS = 65 * 60_000;
export const DEFAULT_MAX_CONNECTIONS = 2_048;
/** Connections that one address may open to us, as a part of all: an office behind a NAT has hundreds. */
const MAX_PART_OF_ONE_ADDRESS = 0.25;
/** Kept for connections that we make, as a part of all: whoever fills the others does not cut us off from our trunks. */
const MAX_PART_OF_OURS = 0.125;
/** A TLS handshake costs more than all that follows. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
const MAX_HANDSHAKES = 256;
const MAX_HANDSHAKES_OF_ONE_ADDRESS = 64;

export interface TcpOptions {
  /** A literal address; `0.0.0.0` or `::` for all. */
  host: string;
  /** 0: any free one. */
  port: number;
  clock: Clock;
  localAddresses: LocalAddresses;
  idleTimeoutMs?: number;
  /** Of both directions together. */
  maxConnections?: number;
  /** TLS over TCP. Without a certificate of our own we connect to others and listen to nobody. */
  tls?: { certificate?: CertificateFiles | undefined };
}

/** RFC 3261 section 18 over TCP, or over TLS, which differs in how a connection begins only. A connection of either direction serves every message to its far end. */
export class TcpTransport implements Transport {
  /** Undefined: nobody connects to us. */
  readonly #server: Server | undefined;
  readonly #certificate: OwnCertificate | undefined;
  readonly #options: Required<Omit<TcpOptions, 'tls'>>;
  readonly #transport: 'tcp' | 'tls';
  readonly #connections = new Map<number, TcpConnection>();
  /** By `address port`; the newest wins. */
  readonly #byPeer = new Map<string, TcpConnection>();
  /** Accepted, and not yet secured: the addresses, once each. */
  readonly #handshakes = new Map<Socket, string>();
  readonly port: number;
  #lastId = 0;
  #listener: ((message: SipMessage, from: Peer) => void) | undefined;
  #screen: Screen = { isRefused: () => false, isKnown: () => true };
  #closed = false;

  private constructor(server: Server | undefined, certificate: OwnCertificate | undefined, options: TcpOptions) {
    const { tls, ...rest } = options;
    this.#server = server;
    this.#certificate = certificate;
    this.#transport = tls === undefined ? 'tcp' : 'tls';
    this.#options = { idleTimeoutMs: DEFAULT_IDLE_TIMEOUT_MS, maxConnections: DEFAULT_MAX_CONNECTIONS, ...rest };
    this.port = server === undefined ? options.port : (server.address() as AddressInfo).port;
    if (server instanceof TlsServer) {
      server.on('connection', (socket: Socket) => this.#startHandshake(socket));
      server.on('secureConnection', (socket) => this.#accept(socket));
      server.on('tlsClientError', (_, socket) => socket.destroy());
      certificate?.watch((replaced) => server.setSecureContext(replaced));
    } else server?.on('connection', (socket) => this.#accept(socket));
    // Out of file descriptors, mostly: the connection waits in the backlog and is accepted later.
    server?.on('error', () => undefined);
  }

  /** @throws BindError, CertificateError */
  static async open(options: TcpOptions): Promise<TcpTransport> {
    const { host, port, clock, tls } = options;
    const certificate = tls?.certificate === undefined ? undefined : new OwnCertificate(tls.certificate, clock);
    if (tls !== undefined && certificate === undefined) return new TcpTransport(undefined, undefined, options);
    const server: Server =
      certificate === undefined
        ? createServer()
        : createTlsServer({ ...certificate.current, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_TIMEOUT_MS });
    return new Promise((resolve, reject) => {
      server.once('error', (error) => reject(new BindError(tls === undefined ? 'TCP' : 'TLS', host, port, error)));
      server.listen({ host, port, exclusive: true }, () => {
        server.removeAllListeners('error');
        resolve(new TcpTransport(server, certificate, options));
      });
    });
  }

  /** Open connections, of both directions. */
  get size(): number {
    return this.#connections.size;
  }

  onMessage(listener: (message: SipMessage, from: Peer) => void): void {
    this.#listener = listener;
  }

  localAddress(to: Peer): LocalAddress {
    const address = this.#options.localAddresses.towards(to.address);
    return { address, port: this.port, ...(this.#server === undefined && { listens: false }) };
  }

  send(message: SipMessage, to: Peer, onError: (error: Error) => void): void {
    try {
      if (this.#closed) throw new Error(`the ${this.#transport.toUpperCase()} transport is closed`);
      this.#connectionFor(message, to).send(message, onError);
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
    }
  }

  screen(addresses: Screen): void {
    this.#screen = addresses;
  }

  ping(to: Peer): boolean {
    return this.#byPeer.get(keyOf(to))?.ping() ?? false;
  }

  #connectionFor(message: SipMessage, to: Peer): TcpConnection {
    const same = to.connection === undefined ? undefined : this.#connections.get(to.connection);
    if (same?.isOpen) return same;
    // Section 18.2.2: when a request's connection is gone, its response goes to the port that its Via names.
    const isLate = to.connection !== undefined && message.kind === 'response';
    const port = isLate ? (topVia(message.headers).port ?? defaultPort(this.#transport)) : to.port;
    const known = this.#byPeer.get(keyOf({ ...to, port }));
    return known?.isOpen ? known : this.#connect({ ...to, port });
  }

  #connect({ address, port, tls }: Peer): TcpConnection {
    const { host, maxConnections } = this.#options;
    const name = this.#transport.toUpperCase();
    if (this.#connections.size >= maxConnections) throw new Error(`too many ${name} connections`);
    const isWildcard = host === '0.0.0.0' || host === '::';
    const local = isWildcard || isIP(host) !== isIP(address) ? {} : { localAddress: host };
    const peer = { transport: this.#transport, address, port };
    if (this.#transport === 'tcp') return this.#keep(connect({ host: address, port, ...local }), peer);
    if (tls === undefined) throw new Error(`the TLS connection with ${address}:${port} is gone, and is theirs to make`);
    const certificate = this.#certificate?.current;
    return this.#keep(connectTls({ ...tls, address, port, ...local, certificate }), { ...peer, tls });
  }

  #startHandshake(socket: Socket): void {
    const { remoteAddress } = socket;
    const sameAddress = [...this.#handshakes.values()].filter((address) => address === remoteAddress).length;
    const isFull = this.#handshakes.size >= MAX_HANDSHAKES || sameAddress >= MAX_HANDSHAKES_OF_ONE_ADDRESS;
    if (remoteAddress === undefined || isFull || this.#closed || this.#screen.isRefused(plainAddress(remoteAddress))) {
      return void socket.destroy();
    }
    this.#handshakes.set(socket, remoteAddress);
    socket.on('close', () => this.#handshakes.delete(socket));
  }

  #accept(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    for (const [raw, address] of this.#handshakes) {
      if (address === remoteAddress && raw.remotePort === remotePort) this.#handshakes.delete(raw);
    }
    if (remoteAddress === undefined || remotePort === undefined || this.#closed || !this.#admits(remoteAddress)) {
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    this.#keep(socket, { transport: this.#transport, address: plainAddress(remoteAddress), port: remotePort });
  }

  #admits(remoteAddress: string): boolean {
    const { maxConnections } = this.#options;
    const address = plainAddress(remoteAddress);
    const most = maxConnections - Math.floor(maxConnections * MAX_PART_OF_OURS);
    if (this.#screen.isRefused(address)) return false;
    if (this.#connections.size < maxConnections * MAX_PART_OF_ONE_ADDRESS) return true;
    const itsOwn = [...this.#connections.values()].filter(
      ({ peer }) => networkOf(peer.address) === networkOf(address),
    ).length;
    if (itsOwn >= Math.max(1, maxConnections * MAX_PART_OF_ONE_ADDRESS)) return false;
    return this.#connections.size < most || this.#makesRoom();
  }

  /** Closes the connection that was silent the longest, of those that nobody known is behind. False: there is none. */
  #makesRoom(): boolean {
    let idlest: TcpConnection | undefined;
    for (const connection of this.#connections.values()) {
      const isOlder = idlest === undefined || connection.lastHeardMs < idlest.lastHeardMs;
      if (isOlder && !this.#screen.isKnown(connection.peer.address)) idlest = connection;
    }
    idlest?.close();
    return idlest !== undefined;
  }

  #keep(socket: Socket, peer: Peer): TcpConnection {
    const id = ++this.#lastId;
    const key = keyOf(peer);
    const { clock, idleTimeoutMs } = this.#options;
    const connection: TcpConnection = new TcpConnection({ ...peer, connection: id }, socket, {
      clock,
      idleTimeoutMs,
      onMessage: (message, from) => {
        if (this.#screen.isRefused(from.address)) connection.close();
        else this.#listener?.(message, from);
      },
      onClosed: () => {
        this.#connections.delete(id);
        if (this.#byPeer.get(key) === connection) this.#byPeer.delete(key);
      },
    });
    this.#connections.set(id, connection);
    this.#byPeer.set(key, connection);
    return connection;
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    this.#listener = undefined;
    this.#certificate?.close();
    return new Promise((resolve) => {
      if (this.#server === undefined) resolve();
      else this.#server.close(() => resolve());
      for (const connection of this.#connections.values()) connection.close();
      for (const socket of this.#handshakes.keys()) socket.destroy();
    });
  }
}

/** What a connection may be used for again: over TLS never for another name than the one that it was made for. */
function keyOf({ address, port, tls }: Peer): string {
  return `${address} ${port}${tls === undefined ? '' : ` ${tls.name} ${tls.verify} ${tls.ca ?? ''}`}`;
}
