import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, createServer, type AddressInfo, type Server, type Socket as TcpSocket } from 'node:net';
import type { LossPattern } from './loss.js';
import type { WireEntry } from './wire-log.js';
import { formatMessage, parseMessage, StreamFraming, type SipMessage } from './sip-text.js';

export type SipTransport = 'udp' | 'tcp';

/** Where a message goes to or came from; `connection` is the TCP connection it arrived on. */
export interface Peer {
  transport: SipTransport;
  host: string;
  port: number;
  connection?: TcpSocket;
}

/** The phone's signalling sockets: one UDP socket, or a TCP listener and the connections it makes. */
export class SipWire {
  readonly log: WireEntry[] = [];
  /** While true, everything that arrives is thrown away unanswered, as if the host were gone. */
  deaf = false;
  onMessage: (message: SipMessage, peer: Peer) => void = () => undefined;
  /** What arrived and was not SIP, or a connection that broke. */
  onTrouble: (text: string) => void = () => undefined;
  readonly #made = new Map<string, TcpSocket>();
  readonly #connections = new Set<TcpSocket>();
  #udp: UdpSocket | undefined;
  #server: Server | undefined;
  #closed = false;

  private constructor(
    readonly transport: SipTransport,
    readonly host: string,
    readonly loss: LossPattern,
  ) {}

  static async open(transport: SipTransport, host: string, port: number, loss: LossPattern): Promise<SipWire> {
    const wire = new SipWire(transport, host, loss);
    if (transport === 'udp') {
      const socket = createSocket('udp4');
      wire.#udp = socket;
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind(port, host, () => resolve());
      });
      socket.on('error', (error) => wire.onTrouble(error.message));
      socket.on('message', (data, from) => wire.#arrived(data, { transport, host: from.address, port: from.port }));
    } else {
      const server = createServer((connection) => wire.#adopt(connection));
      wire.#server = server;
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => resolve());
      });
    }
    return wire;
  }

  get port(): number {
    return this.#udp ? this.#udp.address().port : (this.#server?.address() as AddressInfo).port;
  }

  send(message: SipMessage, to: Peer): void {
    if (this.#closed) return;
    const lost = this.transport === 'udp' && this.loss.loses('signalling-out');
    const { transport, host, port } = to;
    this.log.push({ direction: 'out', message, peer: { transport, host, port }, lost });
    if (lost) return;
    const data = formatMessage(message);
    if (this.#udp) this.#udp.send(data, port, host);
    else this.#connectionTo(to).write(data);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const connection of this.#connections) connection.destroy();
    await new Promise<void>((resolve) => {
      this.#udp?.close(() => resolve());
      this.#server?.close(() => resolve());
    });
  }

  #connectionTo(peer: Peer): TcpSocket {
    if (peer.connection && !peer.connection.destroyed) return peer.connection;
    const name = `${peer.host}:${peer.port}`;
    const known = this.#made.get(name);
    if (known && !known.destroyed) return known;
    const connection = connect({ host: peer.host, port: peer.port, localAddress: this.host });
    this.#made.set(name, connection);
    this.#adopt(connection);
    return connection;
  }

  #adopt(connection: TcpSocket): void {
    this.#connections.add(connection);
    connection.setNoDelay(true);
    const framing = new StreamFraming();
    connection.on('data', (data) => {
      const { remoteAddress = '', remotePort = 0 } = connection;
      try {
        for (const text of framing.push(data))
          this.#arrived(text, { transport: 'tcp', host: remoteAddress, port: remotePort, connection });
      } catch (error) {
        this.onTrouble(String(error));
        connection.destroy();
      }
    });
    connection.on('error', (error) => this.onTrouble(`TCP: ${error.message}`));
    connection.on('close', () => this.#connections.delete(connection));
  }

  #arrived(data: Buffer, peer: Peer): void {
    if (this.#closed || this.deaf) return;
    const lost = this.transport === 'udp' && this.loss.loses('signalling-in');
    // Keep-alives (RFC 5626) and NAT openers of a few bytes are not messages.
    if (data.length <= 4) return;
    let message: SipMessage;
    try {
      message = parseMessage(data);
    } catch (error) {
      this.onTrouble(`${String(error)} in: ${data.toString().slice(0, 200)}`);
      return;
    }
    const { transport, host, port } = peer;
    this.log.push({ direction: 'in', message, peer: { transport, host, port }, lost });
    if (!lost) this.onMessage(message, peer);
  }
}
