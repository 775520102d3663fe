/** Datagram sockets as media needs them; tests bring a network in memory. */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

export interface UdpSocket {
  readonly port: number;
  /** Never throws; what cannot be sent is lost, as on any network. The packet must stay unchanged for a turn or two. */
  send(packet: Uint8Array, port: number, address: string): void;
  /** Resolves when the port is free again. What was sent before goes out. Idempotent. */
  close(): Promise<void>;
}

export type DatagramListener = (packet: Uint8Array, port: number, address: string) => void;

/** Binds `port`, 0 for any free one; rejects with the system's error (`code: 'EADDRINUSE'` …). */
export type OpenUdpSocket = (host: string, port: number, listener: DatagramListener) => Promise<UdpSocket>;

export const openUdpSocket: OpenUdpSocket = (host, port, listener) =>
  new Promise((resolve, reject) => {
    const family = isIPv6(host) ? 6 : 4;
    const socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      // Addresses are always literal here. Without this, every packet sent would ask the resolver first.
      lookup: (address, _options, found) => found(null, address, family),
    });
    const refuse = (error: Error): void => {
      // A socket that could not be bound is a file that stays open all the same.
      socket.close();
      reject(error);
    };
    socket.once('error', refuse);
    socket.on('message', (packet, from) => listener(packet, from.port, from.address));
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.off('error', refuse);
      // Later errors belong to single packets, and a lost packet is no reason to end a call.
      socket.on('error', () => undefined);
      let closed: Promise<void> | undefined;
      resolve({
        port: socket.address().port,
        send(packet, toPort, address) {
          if (!closed) socket.send(packet, toPort, address);
        },
        close() {
          // Node hands packets to the kernel at the end of the turn, and a closed socket sends none.
          closed ??= new Promise((done) => setImmediate(() => socket.close(() => done())));
          return closed;
        },
      });
    });
  });
