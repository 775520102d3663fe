/**
 * What a leg's far end says, 20 ms at a time in the rhythm of the leg, for whoever listens: recordings, bridge and
 * conference, machine detection, tones. Without a listener nothing is kept: a leg that only plays pays nothing.
 */
import { G711_SILENCE, g711DecodeTable, transcodeTable } from '#voice/codecs/g711.js';
import type { CodecName } from '#voice/media/media-port.js';
import { SAMPLES_PER_PACKET } from '#voice/media/outgoing-stream.js';
import { JitterBuffer, type FrameContent } from '#voice/rtp/jitter-buffer.js';

export interface FrameListener {
  /** The next 20 ms. The frame is the same object each time: what is to be kept must be copied. */
  heard(frame: HeardFrame): void;
  /** So many frames pass unheard, because the worker was late. */
  skipped(frames: number): void;
}

/** The squares of the linear values, by octet. */
const SQUARES: Record<CodecName, Float64Array> = {
  PCMU: Float64Array.from(g711DecodeTable('PCMU'), (sample) => sample * sample),
  PCMA: Float64Array.from(g711DecodeTable('PCMA'), (sample) => sample * sample),
};

/** 160 samples of what was heard; decoded only where somebody asks. */
export class HeardFrame {
  readonly octets = new Uint8Array(SAMPLES_PER_PACKET).fill(G711_SILENCE.PCMU);
  law: CodecName = 'PCMU';
  content: FrameContent = 'nothing';
  readonly #pcm = new Int16Array(SAMPLES_PER_PACKET);
  #isDecoded = false;
  #meanSquare: number | undefined;

  /** `octets`, `law` and `content` were set anew. */
  changed(): void {
    this.#isDecoded = false;
    this.#meanSquare = undefined;
  }

  /** Linear, 16 bit. */
  get pcm(): Int16Array {
    if (!this.#isDecoded) {
      const decode = g711DecodeTable(this.law);
      for (let i = 0; i < SAMPLES_PER_PACKET; i++) this.#pcm[i] = decode[this.octets[i]!]!;
      this.#isDecoded = true;
    }
    return this.#pcm;
  }

  /** The mean of the squares of the linear samples. */
  get meanSquare(): number {
    if (this.#meanSquare === undefined) {
      const squares = SQUARES[this.law];
      let sum = 0;
      for (let i = 0; i < SAMPLES_PER_PACKET; i++) sum += squares[this.octets[i]!]!;
      this.#meanSquare = sum / SAMPLES_PER_PACKET;
    }
    return this.#meanSquare;
  }

  /** It is made up, in whole or in part, because nothing came in time. */
  get isConcealed(): boolean {
    return this.content === 'concealed';
  }

  /** Writes the octets in another law or the same. */
  writeTo(into: Uint8Array, at: number, law: CodecName): void {
    if (law === this.law) {
      into.set(this.octets, at);
      return;
    }
    const table = transcodeTable(this.law, law);
    for (let i = 0; i < SAMPLES_PER_PACKET; i++) into[at + i] = table[this.octets[i]!]!;
  }
}

export class LegEar {
  /** The last 20 ms. */
  readonly frame = new HeardFrame();
  readonly #listeners = new Set<FrameListener>();
  /** The listeners, and whoever only looks at `frame`. */
  readonly #users = new Set<object>();
  #jitter: JitterBuffer | undefined;
  #earlierLate = 0;

  /** `frame` is kept up to date for this one until it shuts the ear. Idempotent. */
  open(user: object): void {
    this.#users.add(user);
    this.#jitter ??= new JitterBuffer();
  }

  listen(listener: FrameListener): void {
    this.open(listener);
    this.#listeners.add(listener);
  }

  /** Idempotent. */
  shut(user: FrameListener | object): void {
    this.#users.delete(user);
    this.#listeners.delete(user as FrameListener);
    if (this.#users.size === 0) this.forget();
  }

  /** That came too late to be heard, while there was anybody to hear. */
  get latePackets(): number {
    return this.#earlierLate + (this.#jitter?.late ?? 0);
  }

  packet(timestamp: number, marker: boolean, octets: Uint8Array, law: CodecName): void {
    this.#jitter?.push(timestamp, marker, octets, law);
  }

  /** The far end is silent from there on, and its line is to sound so loud, dBov (RFC 3389). */
  comfortNoise(timestamp: number, dBov: number): void {
    this.#jitter?.noise(timestamp, dBov);
  }

  /** What was heard before has nothing to do with what comes. */
  forget(): void {
    this.#earlierLate = this.latePackets;
    this.#jitter = this.#users.size > 0 ? new JitterBuffer() : undefined;
    this.frame.content = 'nothing';
    this.frame.octets.fill(G711_SILENCE[this.frame.law]);
    this.frame.changed();
  }

  /** Lets 20 ms pass. */
  advance(): void {
    if (!this.#jitter) return;
    const { frame } = this;
    frame.content = this.#jitter.pop(frame.octets);
    frame.law = this.#jitter.law;
    frame.changed();
    for (const listener of this.#listeners) listener.heard(frame);
  }

  skip(frames: number): void {
    this.#jitter?.skip(frames * SAMPLES_PER_PACKET);
    for (const listener of this.#listeners) listener.skipped(frames);
  }
}
