/**
 * Puts what arrives into the order and rhythm in which it was spoken: samples are stored by RTP timestamp and taken out
 * 20 ms at a time, a fixed delay later, whatever the packets' size. Sample rate 8,000.
 */
const SAMPLES_PER_MS = 8;

/** How long a packet may be late without a gap. */
export const PLAYOUT_DELAY_MS = 60;
/** Further ahead than this means that the far end's clock has jumped or run away. */
export const MAX_AHEAD_MS = 240;
/** After so many late packets in a row the far end's clock, not the network, is behind. */
export const MAX_LATE_IN_A_ROW = 10;
/** A gap is filled with the last 20 ms, fading, for so long; then with silence. */
export const CONCEALED_MS = 60;

/** A power of two that holds `MAX_AHEAD_MS` and the longest packet. */
const RING_SAMPLES = 4_096;
const RING_MASK = RING_SAMPLES - 1;
const MAX_PACKET_SAMPLES = RING_SAMPLES - MAX_AHEAD_MS * SAMPLES_PER_MS;
const REPEATED_SAMPLES = 160;
const CONCEALED_SAMPLES = CONCEALED_MS * SAMPLES_PER_MS;

export class JitterBuffer {
  /** Packets too late to be heard. */
  late = 0;
  duplicates = 0;
  /** Samples made up because nothing had come in time. */
  concealedSamples = 0;
  /** How often the playing time was set anew after the start. */
  resyncs = 0;

  readonly #ring = new Int16Array(RING_SAMPLES);
  readonly #filled = new Uint8Array(RING_SAMPLES);
  readonly #recent = new Int16Array(REPEATED_SAMPLES);
  /** The timestamp of the next sample to be heard. */
  #playout: number | undefined;
  #lateInARow = 0;
  #recentAt = 0;
  #missing = CONCEALED_SAMPLES;

  /** `marker`: the packet starts a spurt of speech, so that a clock which stood still in the pause is believed. */
  push(timestamp: number, marker: boolean, octets: Uint8Array, decode: Int16Array): void {
    const length = Math.min(octets.length, MAX_PACKET_SAMPLES);
    this.#playout ??= (timestamp - PLAYOUT_DELAY_MS * SAMPLES_PER_MS) >>> 0;
    let ahead = (timestamp - this.#playout) | 0;
    if (ahead + length <= 0) {
      this.#lateInARow++;
      if (!marker && this.#lateInARow < MAX_LATE_IN_A_ROW) {
        this.late++;
        return;
      }
      ahead = this.#resync(timestamp);
    } else if (ahead > MAX_AHEAD_MS * SAMPLES_PER_MS) {
      ahead = this.#resync(timestamp);
    }
    this.#lateInARow = 0;
    if (this.#filled[(timestamp + length - 1) & RING_MASK]) {
      this.duplicates++;
      return;
    }
    for (let i = Math.max(0, -ahead); i < length; i++) {
      const at = (timestamp + i) & RING_MASK;
      this.#ring[at] = decode[octets[i]!]!;
      this.#filled[at] = 1;
    }
  }

  /** The next samples in time, as many as `into` holds. */
  pop(into: Int16Array): void {
    if (this.#playout === undefined) {
      into.fill(0);
      return;
    }
    for (let i = 0; i < into.length; i++) {
      const at = (this.#playout + i) & RING_MASK;
      if (this.#filled[at]) {
        const sample = this.#ring[at]!;
        this.#filled[at] = 0;
        this.#missing = 0;
        into[i] = sample;
        this.#remember(sample);
      } else {
        into[i] = this.#conceal();
      }
    }
    this.#playout = (this.#playout + into.length) >>> 0;
  }

  /** Time passes unheard. */
  skip(samples: number): void {
    if (this.#playout === undefined) return;
    if (samples >= RING_SAMPLES) this.#filled.fill(0);
    else for (let i = 0; i < samples; i++) this.#filled[(this.#playout + i) & RING_MASK] = 0;
    this.#playout = (this.#playout + samples) >>> 0;
  }

  #remember(sample: number): void {
    this.#recent[this.#recentAt] = sample;
    this.#recentAt = (this.#recentAt + 1) % REPEATED_SAMPLES;
  }

  #conceal(): number {
    if (this.#missing >= CONCEALED_SAMPLES) return 0;
    this.concealedSamples++;
    const repeated = this.#recent[this.#recentAt]!;
    this.#recentAt = (this.#recentAt + 1) % REPEATED_SAMPLES;
    const gain = 1 - this.#missing / CONCEALED_SAMPLES;
    this.#missing++;
    return Math.round(repeated * gain);
  }

  #resync(timestamp: number): number {
    this.resyncs++;
    this.#filled.fill(0);
    const ahead = PLAYOUT_DELAY_MS * SAMPLES_PER_MS;
    this.#playout = (timestamp - ahead) >>> 0;
    return ahead;
  }
}
