import { decode } from './g711.js';
import { parseEvent, type RtpPacket } from './rtp-packet.js';
import type { Codec } from './session-description.js';
import { levelDbm0, QUIET_DBM0, SAMPLES_PER_MS } from './tones.js';

/** What the phone heard, laid out by RTP time: a packet that came late or twice changes nothing. */
export interface HeardSound {
  /** 8,000 samples a second from the first packet on; what was lost or not sent is zero. */
  pcm: Int16Array;
  /** 1 for each sample that a packet brought. */
  received: Uint8Array;
  packets: number;
  /** By gaps in the sequence numbers. */
  lostPackets: number;
  duplicates: number;
  /** Packets that came after one with a greater sequence number. */
  reordered: number;
}

export interface HeardDigit {
  digit: string;
  via: 'rfc4733' | 'info';
  durationMs: number;
  /** Packets with the end bit; 3 when none was lost. Zero by INFO. */
  ends: number;
}

interface Piece {
  /** Sequence number and timestamp without wrap-around. */
  sequence: number;
  timestamp: number;
  pcm: Int16Array;
  /** Samples that the sender has skipped until here. */
  skipped: number;
}

const PACKET_SAMPLES = 160;

/** Collects the packets of one call. */
export class RtpReceiver {
  codec: Codec = 'PCMU';
  eventPayload: number | undefined;
  /** All digits in the order they began. */
  readonly digits: HeardDigit[] = [];
  /** Rules of RFC 3550, 3551 and 4733 that the sender broke. */
  readonly complaints = new Set<string>();
  /** Milliseconds of sound that was no silence. */
  soundMs = 0;
  /** Milliseconds of silence received since the last sound. */
  quietMs = 0;
  /** RTP time of the first packet with sound, milliseconds since the first packet; undefined before it. */
  firstSoundMs: number | undefined;
  #pieces: Piece[] = [];
  #sequences = new Set<number>();
  #events = new Map<number, HeardDigit>();
  #ssrc: number | undefined;
  #lastSequence = 0;
  #lastTimestamp = 0;
  #duplicates = 0;
  #reordered = 0;
  /** Samples before the current source's first timestamp: those of sources before it. */
  #offset = 0;
  #firstTimestamp: number | undefined;
  #skipped = 0;

  receive(packet: RtpPacket): void {
    if (packet.ssrc !== this.#ssrc) this.#newSource(packet);
    const sequence = near(this.#lastSequence, packet.sequence, 0x10000);
    const timestamp = near(this.#lastTimestamp, packet.timestamp, 0x100000000);
    if (this.#sequences.has(sequence)) {
      this.#duplicates++;
      return;
    }
    this.#sequences.add(sequence);
    if (sequence < this.#lastSequence) this.#reordered++;
    else this.#lastSequence = sequence;
    this.#lastTimestamp = Math.max(this.#lastTimestamp, timestamp);
    if (packet.payloadType === this.eventPayload) this.#event(timestamp, packet.payload);
    else this.#sound(packet, sequence, timestamp);
  }

  /**
   * From the first packet, or since `fromMs` after it. A sender that was stalled skips whole packet times, with the next
   * sequence number and the marker bit: what it says after it follows what it said before, unless skips are `kept`.
   */
  heard(fromMs = 0, skips: 'closed' | 'kept' = 'closed'): HeardSound {
    const from = fromMs * SAMPLES_PER_MS;
    const skippedBefore = this.#pieces.findLast(({ timestamp }) => timestamp < from)?.skipped ?? 0;
    const placed = this.#pieces.map(({ timestamp, skipped, pcm }) => ({
      start: timestamp - from - (skips === 'kept' ? 0 : skipped - skippedBefore),
      pcm,
    }));
    const length = placed.reduce((end, { start, pcm }) => Math.max(end, start + pcm.length), 0);
    const pcm = new Int16Array(length);
    const received = new Uint8Array(length);
    for (const piece of placed) {
      if (piece.start < 0) continue;
      pcm.set(piece.pcm, piece.start);
      received.fill(1, piece.start, piece.start + piece.pcm.length);
    }
    const ordered = [...this.#sequences].sort((a, b) => a - b);
    const lostPackets = ordered.length === 0 ? 0 : (ordered.at(-1) ?? 0) - (ordered[0] ?? 0) + 1 - ordered.length;
    const { length: packets } = ordered;
    return { pcm, received, packets, lostPackets, duplicates: this.#duplicates, reordered: this.#reordered };
  }

  /** How much RTP time has passed since the first packet. */
  get heardMs(): number {
    return this.#length() / SAMPLES_PER_MS;
  }

  #length(): number {
    return this.#pieces.reduce((end, piece) => Math.max(end, piece.timestamp + piece.pcm.length), 0);
  }

  #newSource(packet: RtpPacket): void {
    if (this.#ssrc !== undefined) this.complaints.add('the SSRC changed during the call');
    this.#ssrc = packet.ssrc;
    this.#offset = this.#length();
    this.#firstTimestamp = undefined;
    this.#sequences = new Set();
    this.#events = new Map();
    this.#lastSequence = packet.sequence;
    this.#lastTimestamp = packet.timestamp;
  }

  #event(timestamp: number, payload: Buffer): void {
    const { digit, end, duration } = parseEvent(payload);
    let heard = this.#events.get(timestamp);
    if (!heard) {
      heard = { digit, via: 'rfc4733', durationMs: 0, ends: 0 };
      this.#events.set(timestamp, heard);
      this.digits.push(heard);
    }
    if (heard.digit !== digit) this.complaints.add('one telephone-event changed its digit');
    heard.durationMs = Math.max(heard.durationMs, duration / SAMPLES_PER_MS);
    if (end) heard.ends++;
  }

  #sound(packet: RtpPacket, sequence: number, timestamp: number): void {
    const codec = packet.payloadType === 0 ? 'PCMU' : packet.payloadType === 8 ? 'PCMA' : undefined;
    if (codec !== this.codec) {
      this.complaints.add(`payload type ${packet.payloadType} was not agreed`);
      if (!codec) return;
    }
    const pcm = decode(codec, packet.payload);
    // A first packet that was overtaken by its successors lies before the beginning: it moves the beginning.
    this.#firstTimestamp ??= timestamp;
    const shift = this.#firstTimestamp - timestamp;
    if (shift > 0) {
      for (const piece of this.#pieces) if (piece.timestamp >= this.#offset) piece.timestamp += shift;
      this.#firstTimestamp = timestamp;
    }
    const at = timestamp - this.#firstTimestamp + this.#offset;
    const before = this.#pieces.at(-1);
    const gap = before?.sequence === sequence - 1 ? at - before.timestamp - before.pcm.length : 0;
    if (gap < 0) this.complaints.add('timestamps of consecutive packets overlap');
    if (gap > 0 && packet.marker && gap % PACKET_SAMPLES === 0) this.#skipped += gap;
    this.#pieces.push({ sequence, timestamp: at, pcm, skipped: this.#skipped });
    const ms = pcm.length / SAMPLES_PER_MS;
    if (levelDbm0(pcm) > QUIET_DBM0) {
      this.soundMs += ms;
      this.firstSoundMs ??= at / SAMPLES_PER_MS;
      this.quietMs = 0;
    } else this.quietMs += ms;
  }
}

/** The number congruent to `value` that lies nearest to `last`. */
function near(last: number, value: number, modulus: number): number {
  const ahead = (((value - last) % modulus) + modulus) % modulus;
  return ahead < modulus / 2 ? last + ahead : last + ahead - modulus;
}
