/** One key press on its way out: a packet every 20 ms with growing duration, the end three times (RFC 4733 2.5.1). */
import { MAX_EVENT_DURATION, type TelephoneEvent } from '#voice/rtp/telephone-event.js';

const UNITS_PER_MS = 8;
const UNITS_PER_PACKET = 160;
const END_PACKETS = 3;
/** -10 dBm0, as loud as telephones send. */
const VOLUME = 10;

export interface DtmfPacket extends TelephoneEvent {
  timestamp: number;
  marker: boolean;
}

export class DtmfSender {
  /** Set when the last packet was taken. */
  done = false;
  readonly #digit: string;
  #total: number;
  /** Where the current segment of a long press began: its timestamp, and in units since the press. */
  #segmentTimestamp: number;
  #segmentStart = 0;
  #elapsed = 0;
  #endsSent = 0;

  /** `timestamp`: when the key goes down, in the stream's own units. */
  constructor(digit: string, timestamp: number, durationMs: number) {
    this.#digit = digit;
    this.#segmentTimestamp = timestamp;
    this.#total = Math.max(UNITS_PER_PACKET, Math.round(durationMs * UNITS_PER_MS));
  }

  /** Lets the key go: the next packet is the first of the end. */
  release(): void {
    this.#total = Math.min(this.#total, Math.max(UNITS_PER_PACKET, this.#elapsed));
  }

  /** The packet for the next 20 ms. */
  next(): DtmfPacket {
    if (this.#endsSent > 0) return this.#end();
    const marker = this.#elapsed === 0;
    this.#elapsed = Math.min(this.#elapsed + UNITS_PER_PACKET, this.#total);
    const duration = this.#elapsed - this.#segmentStart;
    if (duration > MAX_EVENT_DURATION) return this.#nextSegment();
    return this.#elapsed >= this.#total ? this.#end(marker) : this.#packet(duration, false, marker);
  }

  #nextSegment(): DtmfPacket {
    const packet = this.#packet(MAX_EVENT_DURATION, false, false);
    this.#segmentTimestamp = (this.#segmentTimestamp + MAX_EVENT_DURATION) >>> 0;
    this.#segmentStart += MAX_EVENT_DURATION;
    return packet;
  }

  #end(marker = false): DtmfPacket {
    this.#endsSent++;
    this.done = this.#endsSent >= END_PACKETS;
    return this.#packet(this.#elapsed - this.#segmentStart, true, marker);
  }

  #packet(duration: number, end: boolean, marker: boolean): DtmfPacket {
    return { digit: this.#digit, end, volume: VOLUME, duration, timestamp: this.#segmentTimestamp, marker };
  }
}
