import { connect, createServer, isIP, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Clock } from '#clock.js';
import { BindError } from '#voice/sip/bind-error.js';
import type { LocalAddresses } from '#voice/sip/local-addresses.js';
import type { SipMessage } from '#voice/sip/message.js';
import { TcpConnection } from '#voice/sip/tcp-connection.js';
import type { Peer, Transport } from '#voice/sip/transport.js';
import { plainAddress } from '#voice/sip/udp.js';
import { topVia } from '#voice/sip/via.js';

/** Longer than the longest registration: a phone that sends no keep-alives stays reachable until it registers again. */
export const DEFAULT_IDLE_TIMEOUT_MS = 65 * 60_000;
export const DEFAULT_MAX_CONNECTIONS = 2_048;

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
}

/** RFC 3261 section 18 over TCP. A connection of either direction serves every message to its far end. */
export class TcpTransport implements Transport {
  readonly #server: Server;
  readonly #options: Required<TcpOptions>;
  readonly #connections = new Map<number, TcpConnection>();
  /** By `address port`; the newest wins. */
  readonly #byPeer = new Map<string, TcpConnection>();
  readonly port: number;
  #lastId = 0;
  #listener: ((message: SipMessage, from: Peer) => void) | undefined;
  #closed = false;

  private constructor(server: Server, options: TcpOptions) {
    this.#server = server;
    this.#options = {
      idleTimeoutMs: DEFAULT_IDLE_TIMEOUT_MS,
      maxConnections: DEFAULT_MAX_CONNECTIONS,
      ...options,
    };
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => this.#accept(socket));
    // Out of file descriptors, mostly: the connection waits in the backlog and is accepted later.
    server.on('error', () => undefined);
  }

  /** @throws BindError */
  static open(options: TcpOptions): Promise<TcpTransport> {
    const { host, port } = options;
    const server = createServer();
    return new Promise((resolve, reject) => {
      server.once('error', (error) => reject(new BindError('TCP', host, port, error)));
      server.listen({ host, port, exclusive: true }, () => {
        server.removeAllListeners('error');
        resolve(new TcpTransport(server, options));
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

  localAddress(to: Peer): { address: string; port: number } {
    return { address: this.#options.localAddresses.towards(to.address), port: this.port };
  }

  send(message: SipMessage, to: Peer, onError: (error: Error) => void): void {
    try {
      if (this.#closed) throw new Error('the TCP transport is closed');
      this.#connectionFor(message, to).send(message, onError);
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #connectionFor(message: SipMessage, to: Peer): TcpConnection {
    const same = to.connection === undefined ? undefined : this.#connections.get(to.connection);
    if (same?.isOpen) return same;
    // Section 18.2.2: when a request's connection is gone, its response goes to the port that its Via names.
    const isLate = to.connection !== undefined && message.kind === 'response';
    const port = isLate ? (topVia(message.headers).port ?? 5060) : to.port;
    const known = this.#byPeer.get(`${to.address} ${port}`);
    return known?.isOpen ? known : this.#connect(to.address, port);
  }

  #connect(address: string, port: number): TcpConnection {
    if (this.#connections.size >= this.#options.maxConnections) throw new Error('too many TCP connections');
    const { host } = this.#options;
    const isWildcard = host === '0.0.0.0' || host === '::';
    const local = isWildcard || isIP(host) !== isIP(address) ? {} : { localAddress: host };
    return this.#keep(connect({ host: address, port, ...local }), address, port);
  }

  #accept(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    const isGone = remoteAddress === undefined || remotePort === undefined;
    if (isGone || this.#closed || this.#connections.size >= this.#options.maxConnections) {
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    this.#keep(socket, plainAddress(remoteAddress), remotePort);
  }

  #keep(socket: Socket, address: string, port: number): TcpConnection {
    const id = ++this.#lastId;
    const key = `${address} ${port}`;
    const { clock, idleTimeoutMs } = this.#options;
    const connection = new TcpConnection({ transport: 'tcp', address, port, connection: id }, socket, {
      clock,
      idleTimeoutMs,
      onMessage: (message, from) => this.#listener?.(message, from),
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
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const connection of this.#connections.values()) connection.close();
    });
  }
}
