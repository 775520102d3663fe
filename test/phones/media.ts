import { createSocket, type Socket } from 'node:dgram';
import type { LossPattern } from './loss.js';
import { parseRtp } from './rtp-packet.js';
import { RtpReceiver } from './rtp-receiver.js';
import { RtpSender } from './rtp-sender.js';
import type { AudioDescription, Codec } from './session-description.js';

/** The telephone-event payload that the phone offers; not 101, which most stacks would get right by accident. */
const OUR_EVENT_PAYLOAD = 97;
/** Tries for an even port (RFC 3550 section 11). */
const MOST_TRIES = 50;

/** One call's RTP: a socket, what is sent and what is heard. */
export class CallMedia {
  readonly sender: RtpSender;
  readonly receiver = new RtpReceiver();
  /** Runs after every packet heard. */
  onHeard: () => void = () => undefined;
  #remote: { host: string; port: number } | undefined;
  #closed = false;

  private constructor(
    private readonly socket: Socket,
    private readonly loss: LossPattern,
    private readonly host: string,
    private readonly codecs: readonly Codec[],
  ) {
    this.sender = new RtpSender((packet) => this.#transmit(packet));
    this.receiver.eventPayload = OUR_EVENT_PAYLOAD;
    socket.on('message', (data) => this.#arrived(data));
    socket.on('error', () => undefined);
  }

  static async open(host: string, codecs: readonly Codec[], loss: LossPattern): Promise<CallMedia> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const socket = createSocket('udp4');
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind(0, host, () => resolve());
      });
      if (socket.address().port % 2 === 0) return new CallMedia(socket, loss, host, codecs);
      socket.close();
    }
    throw new Error(`no even UDP port in ${MOST_TRIES} tries`);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** What we offer, or answer to `offer`: the codecs in common, in the offerer's order. */
  describe(direction: AudioDescription['direction'], offer?: AudioDescription): AudioDescription {
    const codecs = offer ? offer.codecs.filter((codec) => this.codecs.includes(codec)) : [...this.codecs];
    const eventPayload = offer ? offer.eventPayload : OUR_EVENT_PAYLOAD;
    if (offer) this.receiver.eventPayload = offer.eventPayload;
    const events = eventPayload === undefined ? {} : { eventPayload };
    return { host: this.host, port: this.port, codecs, direction, ...events };
  }

  /** Takes what the far end described; sound flows from now on. Throws without a codec in common. */
  agree(remote: AudioDescription): void {
    const codec = remote.codecs.find((name) => this.codecs.includes(name));
    if (!codec) throw new Error('no codec in common');
    this.#remote = { host: remote.host, port: remote.port };
    this.receiver.codec = codec;
    this.sender.codec = codec;
    this.sender.eventPayload = remote.eventPayload;
    this.sender.muted = remote.direction === 'sendonly' || remote.direction === 'inactive' || remote.host === '0.0.0.0';
    this.sender.start();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.sender.close();
    this.socket.close();
  }

  #transmit(packet: Buffer): void {
    if (this.#closed || !this.#remote || this.#remote.port === 0 || this.loss.loses('rtp-out')) return;
    this.socket.send(packet, this.#remote.port, this.#remote.host);
  }

  #arrived(data: Buffer): void {
    if (this.loss.loses('rtp-in')) return;
    try {
      const packet = parseRtp(data);
      if (packet) this.receiver.receive(packet);
    } catch (error) {
      this.receiver.complaints.add(String(error));
    }
    this.onHeard();
  }
}
