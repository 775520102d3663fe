export { seededRandom } from '#voice/fuzz/random.fixture.js';
import type { HeldClock } from '#voice/sip/held-clock.fixture.js';
import type { SipMessage } from '#voice/sip/message.js';
import { parseMessage } from '#voice/sip/parse-message.js';
import { serializeMessage } from '#voice/sip/serialize-message.js';
import type { Peer, Screen, Transport, TransportName } from '#voice/sip/transport.js';

/** What went over the wire, as `INVITE` or `200 INVITE`, with the time since the start and whether it was lost. */
export interface Sent {
  from: string;
  what: string;
  atMs: number;
  isLost: boolean;
}

/** For tests: hosts by name on one network that loses and delays as it is told. */
export class LossyWire {
  readonly log: Sent[] = [];
  /** Keep-alives, by whom they went to. */
  readonly pings: string[] = [];
  /** Decides for every message; a seeded `random` makes a loss rate. */
  loses: (sent: Sent, message: SipMessage) => boolean = () => false;
  readonly #startedAt: number;
  readonly #hosts = new Map<string, WireTransport>();

  constructor(
    private readonly clock: HeldClock,
    private readonly delayMs = 0,
  ) {
    this.#startedAt = clock.now();
  }

  host(address: string, transport: TransportName = 'udp'): WireTransport {
    const host = new WireTransport(this, { transport, address, port: 5060 });
    this.#hosts.set(address, host);
    return host;
  }

  /** The log as text: `alice 0 INVITE`. */
  story(what?: string): string[] {
    const entries = this.log.filter((sent) => what === undefined || sent.what === what);
    return entries.map((sent) => `${sent.from} ${sent.atMs} ${sent.what}${sent.isLost ? ' (lost)' : ''}`);
  }

  carry(message: SipMessage, from: Peer, to: Peer): void {
    const bytes = serializeMessage(message);
    const method = message.headers.get('CSeq')?.split(' ')[1] ?? '';
    const what = message.kind === 'request' ? message.method : `${message.status} ${method}`;
    const sent: Sent = { from: from.address, what, atMs: this.clock.now() - this.#startedAt, isLost: false };
    sent.isLost = this.loses(sent, message);
    this.log.push(sent);
    if (sent.isLost) return;
    this.clock.after(this.delayMs, () => this.#hosts.get(to.address)?.deliver(parseMessage(bytes), from));
  }
}

export class WireTransport implements Transport {
  /** Set: every send fails with it. */
  failure: Error | undefined;
  #screen: Screen | undefined;
  #listener: ((message: SipMessage, from: Peer) => void) | undefined;

  constructor(
    private readonly wire: LossyWire,
    readonly peer: Peer,
  ) {}

  send(message: SipMessage, to: Peer, onError: (error: Error) => void): void {
    if (this.failure !== undefined) onError(this.failure);
    else this.wire.carry(message, this.peer, to);
  }

  onMessage(listener: (message: SipMessage, from: Peer) => void): void {
    this.#listener = listener;
  }

  deliver(message: SipMessage, from: Peer): void {
    if (this.#screen?.isRefused(from.address) !== true) this.#listener?.(message, from);
  }

  screen(addresses: Screen): void {
    this.#screen = addresses;
  }

  ping(to: Peer): boolean {
    this.wire.pings.push(`${to.address}:${to.port}`);
    return true;
  }

  localAddress(): { address: string; port: number } {
    return this.peer;
  }

  async close(): Promise<void> {
    this.#listener = undefined;
  }
}
