/**
 * Puts what arrives into the order and rhythm in which it was spoken: octets of G.711 are stored by RTP timestamp and
 * taken out 20 ms at a time, a delay later, whatever the packets' size. The delay follows the network and the far end's
 * clock: a late packet makes it longer, long earliness shorter, the latter only where nobody speaks.
 */
import { G711_SILENCE, g711DecodeTable, g711EncodeTable, transcodeTable, type G711Law } from '#voice/codecs/g711.js';
import { ComfortNoise } from '#voice/codecs/comfort-noise.js';

const SAMPLES_PER_MS = 8;
const FRAME_SAMPLES = 160;

/** How long a packet may be late without a gap, at first. */
export const PLAYOUT_DELAY_MS = 60;
/** Further ahead than this means that the far end's clock has jumped or run away. */
export const MAX_AHEAD_MS = 240;
/** The delay does not grow where packets wait for so long. */
export const MAX_DELAY_MS = 180;
/** The delay grows by a frame once in so many packets: one stall of the network is not answered with its whole length. */
export const GROWTH_PACKETS = 10;
/** Packets that were all at least so early make the delay shorter by a frame. */
export const SPARE_MS = 40;
/** Packets over which earliness is measured: five seconds of 20 ms. */
export const EARLINESS_PACKETS = 250;
/** After so many late packets in a row the far end's clock, not the network, is behind. */
export const MAX_LATE_IN_A_ROW = 10;
/** A gap is filled with the last 20 ms, fading, for so long; then with silence. */
export const CONCEALED_MS = 60;

/** A power of two that holds `MAX_AHEAD_MS` and the longest packet. */
const RING_SAMPLES = 4_096;
const RING_MASK = RING_SAMPLES - 1;
const MAX_PACKET_SAMPLES = RING_SAMPLES - MAX_AHEAD_MS * SAMPLES_PER_MS;
const CONCEALED_SAMPLES = CONCEALED_MS * SAMPLES_PER_MS;
/** Mean magnitude of a frame that may be left out unnoticed: about -50 dBm0. */
const QUIET_MAGNITUDE = 60;

/** What a frame is made of; a frame that is partly made up is `concealed`. `noise`: comfort noise (RFC 3389). */
export type FrameContent = 'sound' | 'concealed' | 'noise' | 'nothing';
const SOUND = 1;
const CONCEALED = 2;
const NOISE = 4;
const NOTHING = 8;
/** By the sum of the above; every other mixture is `concealed`. */
const CONTENTS: Partial<Record<number, FrameContent>> = {
  [SOUND]: 'sound',
  [NOISE]: 'noise',
  [SOUND | NOISE]: 'noise',
  [NOTHING]: 'nothing',
};

export class JitterBuffer {
  /** Of the octets that `pop` gives: that of the last packet. */
  law: G711Law;
  /** Packets too late to be heard. */
  late = 0;
  duplicates = 0;
  /** Samples made up because nothing had come in time. */
  concealedSamples = 0;
  /** How often the playing time was set anew after the start. */
  resyncs = 0;

  readonly #ring = new Uint8Array(RING_SAMPLES);
  readonly #filled = new Uint8Array(RING_SAMPLES);
  readonly #recent = new Uint8Array(FRAME_SAMPLES);
  /** The timestamp of the next sample to be heard. */
  #playout: number | undefined;
  /** The end of the newest packet. */
  #newest = 0;
  #lateInARow = 0;
  #sinceGrowth = GROWTH_PACKETS;
  #recentAt = 0;
  #missing = CONCEALED_SAMPLES;
  /** What the frame being taken out is made of. */
  #made = 0;
  #leastAhead = Infinity;
  #measured = 0;
  /** From this timestamp on the far end is silent, and says with what noise. */
  #noise: { from: number; source: ComfortNoise } | undefined;

  constructor(law: G711Law = 'PCMU') {
    this.law = law;
  }

  /** `marker`: the packet starts a spurt of speech, so that a clock which stood still in the pause is believed. */
  push(timestamp: number, marker: boolean, octets: Uint8Array, law: G711Law): void {
    if (law !== this.law) this.#changeLaw(law);
    const length = Math.min(octets.length, MAX_PACKET_SAMPLES);
    if (length === 0) return;
    this.#sinceGrowth++;
    let ahead = this.#place(timestamp, length, marker);
    if (ahead === undefined) return;
    if (this.#filled[(timestamp + length - 1) & RING_MASK]) {
      this.duplicates++;
      return;
    }
    if (ahead < 0) {
      this.#grow();
      ahead = (timestamp - this.#playout!) | 0;
    }
    this.#leastAhead = Math.min(this.#leastAhead, ahead);
    this.#measured++;
    if (this.#noise && isAfter(timestamp, this.#noise.from)) this.#noise = undefined;
    this.#store(timestamp, octets, Math.max(0, -ahead), length);
    if (isAfter(timestamp + length, this.#newest)) this.#newest = (timestamp + length) >>> 0;
  }

  /** Until the next packet of sound the far end is to be heard as noise of this level, dBov (RFC 3389). */
  noise(timestamp: number, dBov: number): void {
    this.#playout ??= (timestamp - PLAYOUT_DELAY_MS * SAMPLES_PER_MS) >>> 0;
    const source = this.#noise?.source ?? new ComfortNoise();
    source.dBov = dBov;
    this.#noise = { from: timestamp, source };
  }

  /** The next octets in time, as many as `into` holds. */
  pop(into: Uint8Array): FrameContent {
    if (this.#playout === undefined) {
      into.fill(G711_SILENCE[this.law]);
      return 'nothing';
    }
    if (this.#isTooEarly() && this.#isQuiet(into.length)) this.#leaveOut(into.length);
    const from = this.#playout & RING_MASK;
    const end = from + into.length;
    if (end <= RING_SAMPLES && this.#filled.subarray(from, end).indexOf(0) < 0) {
      into.set(this.#ring.subarray(from, end));
      this.#filled.fill(0, from, end);
      this.#missing = 0;
      this.#remember(into);
      this.#playout = (this.#playout + into.length) >>> 0;
      return 'sound';
    }
    this.#made = 0;
    for (let i = 0; i < into.length; i++) into[i] = this.#popOne();
    return CONTENTS[this.#made] ?? 'concealed';
  }

  /** Time passes unheard. */
  skip(samples: number): void {
    if (this.#playout === undefined) return;
    if (samples >= RING_SAMPLES) this.#filled.fill(0);
    else for (let i = 0; i < samples; i++) this.#filled[(this.#playout + i) & RING_MASK] = 0;
    this.#playout = (this.#playout + samples) >>> 0;
  }

  /** How far before its time a packet has come, in samples; undefined: it is of no use any more. */
  #place(timestamp: number, length: number, marker: boolean): number | undefined {
    if (this.#playout === undefined) {
      this.#playout = (timestamp - PLAYOUT_DELAY_MS * SAMPLES_PER_MS) >>> 0;
      this.#newest = timestamp;
    }
    const ahead = (timestamp - this.#playout) | 0;
    if (ahead > MAX_AHEAD_MS * SAMPLES_PER_MS) return this.#resync(timestamp);
    if (ahead + length > 0) {
      this.#lateInARow = 0;
      return ahead;
    }
    this.#lateInARow++;
    if (marker || this.#lateInARow >= MAX_LATE_IN_A_ROW) return this.#resync(timestamp);
    this.late++;
    this.#grow();
    return undefined;
  }

  #store(timestamp: number, octets: Uint8Array, from: number, length: number): void {
    const at = (timestamp + from) & RING_MASK;
    const before = Math.min(length - from, RING_SAMPLES - at);
    this.#ring.set(octets.subarray(from, from + before), at);
    this.#filled.fill(1, at, at + before);
    this.#ring.set(octets.subarray(from + before, length), 0);
    this.#filled.fill(1, 0, length - from - before);
  }

  #popOne(): number {
    const timestamp = this.#playout!;
    const at = timestamp & RING_MASK;
    this.#playout = (timestamp + 1) >>> 0;
    if (this.#filled[at]) {
      const octet = this.#ring[at]!;
      this.#filled[at] = 0;
      this.#missing = 0;
      this.#recent[this.#recentAt] = octet;
      this.#recentAt = (this.#recentAt + 1) % FRAME_SAMPLES;
      this.#made |= SOUND;
      return octet;
    }
    if (this.#noise && !isAfter(this.#noise.from, timestamp)) {
      this.#missing = CONCEALED_SAMPLES;
      this.#made |= NOISE;
      return g711EncodeTable(this.law)[this.#noise.source.next() & 0xffff]!;
    }
    if (this.#missing < CONCEALED_SAMPLES) return this.#conceal();
    this.#made |= NOTHING;
    return G711_SILENCE[this.law];
  }

  #conceal(): number {
    this.concealedSamples++;
    this.#made |= CONCEALED;
    const repeated = g711DecodeTable(this.law)[this.#recent[this.#recentAt]!]!;
    this.#recentAt = (this.#recentAt + 1) % FRAME_SAMPLES;
    const gain = 1 - this.#missing / CONCEALED_SAMPLES;
    this.#missing++;
    return g711EncodeTable(this.law)[Math.round(repeated * gain) & 0xffff]!;
  }

  /** A whole frame was heard: it is what a gap after it repeats. */
  #remember(frame: Uint8Array): void {
    this.#recent.set(frame.subarray(-FRAME_SAMPLES), 0);
    this.#recentAt = frame.length >= FRAME_SAMPLES ? 0 : frame.length;
  }

  #grow(): void {
    if (this.#sinceGrowth < GROWTH_PACKETS) return;
    if (((this.#newest - this.#playout!) | 0) >= MAX_DELAY_MS * SAMPLES_PER_MS) return;
    this.#playout = (this.#playout! - FRAME_SAMPLES) >>> 0;
    this.#sinceGrowth = 0;
    this.#measureAnew();
  }

  /** All packets that were measured could have come later. Where one could not, the measuring begins anew. */
  #isTooEarly(): boolean {
    if (this.#measured < EARLINESS_PACKETS) return false;
    if (this.#leastAhead >= SPARE_MS * SAMPLES_PER_MS) return true;
    this.#measureAnew();
    return false;
  }

  #isQuiet(samples: number): boolean {
    const decode = g711DecodeTable(this.law);
    let sum = 0;
    for (let i = 0; i < samples; i++) {
      const at = (this.#playout! + i) & RING_MASK;
      if (this.#filled[at]) sum += Math.abs(decode[this.#ring[at]!]!);
    }
    return sum <= QUIET_MAGNITUDE * samples;
  }

  #leaveOut(samples: number): void {
    this.skip(samples);
    this.#measureAnew();
  }

  #measureAnew(): void {
    this.#measured = 0;
    this.#leastAhead = Infinity;
  }

  #resync(timestamp: number): number {
    this.resyncs++;
    this.#lateInARow = 0;
    this.#filled.fill(0);
    const ahead = PLAYOUT_DELAY_MS * SAMPLES_PER_MS;
    this.#playout = (timestamp - ahead) >>> 0;
    this.#newest = timestamp;
    this.#measureAnew();
    return ahead;
  }

  #changeLaw(law: G711Law): void {
    const table = transcodeTable(this.law, law);
    for (const octets of [this.#ring, this.#recent]) octets.forEach((octet, i) => (octets[i] = table[octet]!));
    this.law = law;
  }
}

function isAfter(later: number, earlier: number): boolean {
  return ((later - earlier) | 0) > 0;
}
