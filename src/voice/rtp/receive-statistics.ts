/** What a receiver counts of one source (RFC 3550 appendices A.1, A.3 and A.8), and of its predecessors in a session. */
const SEQUENCE_MODULUS = 0x1_0000;
const MAX_DROPOUT = 3_000;
const MAX_MISORDER = 100;
const CLOCK_PER_MS = 8;

/** A report block's contents, without the times of sender reports (RFC 3550 section 6.4.1). */
export interface ReceptionReport {
  ssrc: number;
  /** Of the packets expected since the last report, 1/256ths. */
  fractionLost: number;
  /** Since the source began; may be negative where packets came twice. */
  cumulativeLost: number;
  highestSequence: number;
  /** Timestamp units. */
  jitter: number;
}

export class ReceiveStatistics {
  #source: Source | undefined;
  #earlierReceived = 0;
  #earlierLost = 0;
  #earlierGaps = 0;

  /** Counts a packet of any payload type. `false`: its sequence number is wild, and it is not to be used. */
  received(ssrc: number, sequence: number): boolean {
    if (this.#source?.ssrc !== ssrc) this.#begin(ssrc, sequence);
    return this.#source!.received(sequence);
  }

  /** Takes an audio packet into the jitter; telephone events, whose timestamps stand still, must not be given. */
  arrived(timestamp: number, atMs: number): void {
    this.#source?.arrived(timestamp, atMs);
  }

  get packetsReceived(): number {
    return this.#earlierReceived + (this.#source?.packets ?? 0);
  }

  /** Never negative: packets that came twice do not make up for lost ones of another source. */
  get packetsLost(): number {
    return this.#earlierLost + Math.max(0, this.#source?.lost ?? 0);
  }

  /** Packets lost beside what came, 0 to 1. */
  get lossRatio(): number {
    return this.packetsLost / Math.max(1, this.packetsLost + this.packetsReceived);
  }

  /** Runs of lost packets, beside the length that chance alone would give them (ITU-T G.107, BurstR); at least 1. */
  get burstRatio(): number {
    const gaps = this.#earlierGaps + (this.#source?.gaps ?? 0);
    return gaps === 0 ? 1 : Math.max(1, (this.packetsLost / gaps) * (1 - this.lossRatio));
  }

  get jitterMs(): number {
    return (this.#source?.jitter ?? 0) / CLOCK_PER_MS;
  }

  /** What to tell the source, or undefined where there is none. Starts a new reporting interval. */
  report(): ReceptionReport | undefined {
    return this.#source?.report();
  }

  #begin(ssrc: number, sequence: number): void {
    this.#earlierReceived = this.packetsReceived;
    this.#earlierLost = this.packetsLost;
    this.#earlierGaps += this.#source?.gaps ?? 0;
    this.#source = new Source(ssrc, sequence);
  }
}

class Source {
  packets = 0;
  jitter = 0;
  /** How often sequence numbers were left out. */
  gaps = 0;
  #base: number;
  #highest: number;
  #cycles = 0;
  /** After a wild jump: the number which, if it comes next, proves that the source started anew. */
  #suspect: number | undefined;
  /** Counted before such a new start. */
  #lostBefore = 0;
  #packetsBefore = 0;
  #transit: number | undefined;
  #expectedAtReport = 0;
  #packetsAtReport = 0;

  constructor(
    readonly ssrc: number,
    sequence: number,
  ) {
    this.#base = sequence;
    this.#highest = sequence;
  }

  received(sequence: number): boolean {
    const ahead = (sequence - this.#highest) & 0xffff;
    if (ahead < MAX_DROPOUT) {
      if (ahead > 1) this.gaps++;
      if (sequence < this.#highest) this.#cycles += SEQUENCE_MODULUS;
      this.#highest = sequence;
    } else if (ahead <= SEQUENCE_MODULUS - MAX_MISORDER) {
      if (sequence !== this.#suspect) {
        this.#suspect = (sequence + 1) & 0xffff;
        return false;
      }
      this.#restart(sequence);
    }
    this.#suspect = undefined;
    this.packets++;
    return true;
  }

  #restart(sequence: number): void {
    this.#lostBefore = this.lost;
    this.#packetsBefore = this.packets;
    this.#base = sequence;
    this.#highest = sequence;
    this.#cycles = 0;
    this.#expectedAtReport = 0;
    this.#packetsAtReport = this.packets;
  }

  get #extendedHighest(): number {
    return this.#cycles + this.#highest;
  }

  get #expected(): number {
    return this.#extendedHighest - this.#base + 1;
  }

  get lost(): number {
    const received = this.packets - this.#packetsBefore;
    return this.#lostBefore + (received === 0 ? 0 : this.#expected - received);
  }

  arrived(timestamp: number, atMs: number): void {
    const transit = (Math.round(atMs * CLOCK_PER_MS) - timestamp) | 0;
    if (this.#transit !== undefined) {
      const difference = Math.abs((transit - this.#transit) | 0);
      this.jitter += (difference - this.jitter) / 16;
    }
    this.#transit = transit;
  }

  report(): ReceptionReport {
    const expected = this.#expected - this.#expectedAtReport;
    const lost = expected - (this.packets - this.#packetsAtReport);
    this.#expectedAtReport = this.#expected;
    this.#packetsAtReport = this.packets;
    return {
      ssrc: this.ssrc,
      fractionLost: expected <= 0 || lost <= 0 ? 0 : Math.min(255, Math.floor((lost * 256) / expected)),
      cumulativeLost: this.lost,
      highestSequence: this.#extendedHighest >>> 0,
      jitter: Math.round(this.jitter),
    };
  }
}
