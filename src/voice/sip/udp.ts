import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv4, isIPv6 } from 'node:net';
import type { Clock } from '#clock.js';
import { BindError } from '#voice/sip/bind-error.js';
import type { LocalAddresses } from '#voice/sip/local-addresses.js';
import { malformedResponse } from '#voice/sip/malformed-response.js';
import type { SipMessage } from '#voice/sip/message.js';
import { parseMessage } from '#voice/sip/parse-message.js';
import { responsePeer } from '#voice/sip/response-peer.js';
import { serializeMessage } from '#voice/sip/serialize-message.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import { StrangerLimit } from '#voice/sip/stranger-limit.js';
import type { Peer, Screen, Transport } from '#voice/sip/transport.js';
import { noteReceived } from '#voice/sip/via-received.js';
import { topVia } from '#voice/sip/via.js';

/** What an IPv4 datagram can carry. */
const MAX_DATAGRAM_BYTES = 65_507;
/** Datagrams that wait for the system to take them; beyond, sending fails. */
const MAX_SEND_QUEUE_BYTES = 4 * 1024 * 1024;
/** Bursts arrive while the process is busy; the system's default holds some hundred messages only. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;
/** Shorter than any message: keep-alives (RFC 5626, and the zero bytes that phones send). */
const SHORTEST_MESSAGE_BYTES = 32;
const PING = Buffer.from('\r\n\r\n');

export interface UdpOptions {
  /** A literal address; `0.0.0.0` or `::` for all. */
  host: string;
  /** 0: any free one. */
  port: number;
  localAddresses: LocalAddresses;
  clock: Clock;
}

/** RFC 3261 section 18 over UDP. What is not SIP is dropped without a word. */
export class UdpTransport implements Transport {
  readonly #socket: Socket;
  readonly #localAddresses: LocalAddresses;
  readonly #isIPv6: boolean;
  /** Whoever sends what cannot be read has proved nothing. */
  readonly #malformed: StrangerLimit;
  readonly port: number;
  #listener: ((message: SipMessage, from: Peer) => void) | undefined;
  #screen: Screen | undefined;
  #closed = false;

  private constructor(socket: Socket, options: UdpOptions) {
    this.#socket = socket;
    this.#localAddresses = options.localAddresses;
    this.#isIPv6 = isIPv6(options.host);
    this.#malformed = new StrangerLimit(options.clock);
    this.port = socket.address().port;
    socket.on('message', (datagram, info) => this.#receive(datagram, info));
    // What fails on sending is told to the sender; nothing else of a datagram socket's errors can be acted on.
    socket.on('error', () => undefined);
  }

  /** @throws BindError */
  static open(options: UdpOptions): Promise<UdpTransport> {
    const { host, port } = options;
    const type = isIPv6(host) ? 'udp6' : 'udp4';
    const socket = createSocket({ type, recvBufferSize: RECEIVE_BUFFER_BYTES });
    return new Promise((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close();
        reject(new BindError('UDP', host, port, error));
      });
      socket.bind({ address: host, port, exclusive: true }, () => {
        socket.removeAllListeners('error');
        resolve(new UdpTransport(socket, options));
      });
    });
  }

  onMessage(listener: (message: SipMessage, from: Peer) => void): void {
    this.#listener = listener;
  }

  localAddress(to: Peer): { address: string; port: number } {
    return { address: this.#localAddresses.towards(to.address), port: this.port };
  }

  send(message: SipMessage, to: Peer, onError: (error: Error) => void): void {
    try {
      const bytes = serializeMessage(message);
      if (this.#closed) throw new Error('the UDP socket is closed');
      if (bytes.length > MAX_DATAGRAM_BYTES) throw new Error('the message is too large for a UDP datagram');
      if (this.#socket.getSendQueueSize() > MAX_SEND_QUEUE_BYTES) throw new Error('the UDP send queue is full');
      this.#socket.send(bytes, to.port, this.#destination(to.address), (error) => {
        if (error !== null) onError(new Error(`cannot send to ${to.address}:${to.port}: ${error.message}`));
      });
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
    }
  }

  screen(addresses: Screen): void {
    this.#screen = addresses;
  }

  ping(to: Peer): boolean {
    // One that is lost, or that finds nobody, changes nothing: another follows.
    const isSendable = this.#isIPv6 || isIPv4(to.address);
    if (!this.#closed && isSendable) {
      this.#socket.send(PING, to.port, this.#destination(to.address), () => undefined);
    }
    return true;
  }

  #destination(address: string): string {
    if (this.#isIPv6) return isIPv4(address) ? `::ffff:${address}` : address;
    if (isIPv6(address)) throw new Error(`an IPv4 socket cannot send to ${address}`);
    return address;
  }

  #receive(datagram: Buffer, info: RemoteInfo): void {
    if (datagram.length < SHORTEST_MESSAGE_BYTES) return;
    const from: Peer = { transport: 'udp', address: plainAddress(info.address), port: info.port };
    if (this.#screen?.isRefused(from.address) === true) return;
    let message: SipMessage;
    try {
      message = parseMessage(datagram);
    } catch (error) {
      if (!(error instanceof SipParseError)) throw error;
      this.#refuse(error, from);
      return;
    }
    noteReceived(message, from);
    this.#listener?.(message, from);
  }

  #refuse(error: SipParseError, from: Peer): void {
    const response = malformedResponse(error, from);
    if (response === undefined || !this.#malformed.admits(from.address)) return;
    this.send(response, responsePeer(topVia(response.headers), from), () => undefined);
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    this.#listener = undefined;
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}

/** An IPv4 address as an IPv6 socket shows it (`::ffff:192.0.2.1`) becomes itself again. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && isIPv4(address.slice(7)) ? address.slice(7) : address;
}
