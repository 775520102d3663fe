import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** The carrier's end of an SMPP connection as octets alone: it knows no PDU but by its length. */
export class RawSmsc {
  readonly #server: Server;
  readonly #connections: RawConnection[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #wanted: ((connection: RawConnection) => void)[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      const connection = new RawConnection(socket);
      const wanted = this.#wanted.shift();
      if (wanted === undefined) this.#connections.push(connection);
      else wanted(connection);
    });
  }

  static async open(): Promise<RawSmsc> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new RawSmsc(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The next connection that was made. */
  connection(): Promise<RawConnection> {
    const made = this.#connections.shift();
    return made === undefined ? new Promise((resolve) => this.#wanted.push(resolve)) : Promise.resolve(made);
  }

  /** All that were made, and from now on each at once. */
  cut(): void {
    this.#server.on('connection', (socket) => socket.destroy());
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export class RawConnection {
  readonly ended: Promise<void>;
  #octets = Buffer.alloc(0);
  #changed: (() => void) | undefined;
  #over = false;

  constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.#octets = Buffer.concat([this.#octets, chunk]);
      this.#changed?.();
    });
    socket.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      socket.once('close', () => {
        this.#over = true;
        this.#changed?.();
        resolve();
      });
    });
  }

  /** The next PDU, in hexadecimal. */
  async pdu(): Promise<string> {
    while (!this.#hasPdu()) {
      if (this.#over) throw new Error(`the connection ended; left: ${this.#octets.toString('hex')}`);
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
    const length = this.#octets.readUInt32BE(0);
    const pdu = this.#octets.subarray(0, length);
    this.#octets = this.#octets.subarray(length);
    return pdu.toString('hex');
  }

  /** What came and nobody has taken. */
  get untaken(): string {
    return this.#octets.toString('hex');
  }

  /** Hexadecimal, with spaces anywhere. */
  send(...octets: string[]): void {
    this.socket.write(hex(...octets));
  }

  /** Each octet by itself. */
  async trickle(...octets: string[]): Promise<void> {
    for (const octet of hex(...octets)) {
      await new Promise((resolve) => this.socket.write(Buffer.from([octet]), resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  cut(): void {
    this.socket.destroy();
  }

  #hasPdu(): boolean {
    return this.#octets.length >= 4 && this.#octets.length >= this.#octets.readUInt32BE(0);
  }
}

/** Octets that are written down in hexadecimal. */
export function hex(...octets: string[]): Buffer {
  return Buffer.from(octets.join('').replace(/\s/g, ''), 'hex');
}
