/**
 * The corpus by which machine detection is tuned and judged: what is heard from the answer on, made from a set of phrases
 * and speakers, with levels, noises, a mailbox's tones, µ-law and lost packets. Case `n` of a set is always the same.
 */
import { decodeG711, encodeG711 } from '#voice/codecs/g711.js';
import { seededRandom } from '#voice/media/media-rig.test.support.js';
import { JitterBuffer } from '#voice/rtp/jitter-buffer.js';
import { PHRASES, type Phrases, type SetName } from './phrases.js';
import {
  amplitude,
  faxAnswering,
  faxCalling,
  join,
  mixInto,
  music,
  noise,
  NOISES,
  PROGRESS_TONES,
  RATE,
  samples,
  silence,
  SPECIAL_INFORMATION,
  speechRms,
  tone,
  type ToneShape,
} from './sounds.js';
import { speak, SPEAKERS, type Speaker } from './voices.js';

/** Who it is in truth. A talker is a person who says as much as a machine before listening. */
export const CALLED = ['person', 'talker', 'mailbox', 'menu', 'screening', 'fax', 'network', 'nothing'] as const;
export type Called = (typeof CALLED)[number];

export interface CorpusCase {
  id: number;
  called: Called;
  /** What of its kind: `short`, `carrier`, `busy, Europe` … */
  kind: string;
  /** As the leg hears it, through the jitter buffer. */
  pcm: Int16Array;
  /** Frames of 20 ms that the jitter buffer made up, wholly or in part. */
  concealed: Uint8Array;
  /** A mailbox's tone; times in ms of `pcm`, which the jitter buffer delays. */
  beep?: { hz: readonly number[]; startMs: number; endMs: number };
  /** Of a person: when the first words have ended. */
  firstWordsEndMs?: number;
  /** For whoever looks into a failure. */
  describe: string;
}

/** How long the far end is listened to. */
const LENGTH_MS = { people: 9_000, machines: 24_000 };
const PEOPLE: readonly Called[] = ['person', 'talker', 'nothing'];
const FRAME = 160;

/** How many of a hundred cases are of which kind: about what an automatic dialler meets, with the rare ones made common. */
const SHARES: readonly (readonly [Called, string, number])[] = [
  ['person', 'short', 24],
  ['person', 'named', 9],
  ['person', 'paused', 5],
  ['person', 'late', 3],
  ['talker', 'long', 4],
  ['mailbox', 'short', 5],
  ['mailbox', 'spoken', 14],
  ['mailbox', 'paused', 7],
  ['mailbox', 'carrier', 7],
  ['mailbox', 'music', 2],
  ['mailbox', 'tone only', 1],
  ['menu', 'spoken', 5],
  ['screening', 'spoken', 3],
  ['fax', '', 3],
  ['network', 'information', 3],
  ['network', 'progress', 2],
  ['nothing', '', 3],
];

export function corpusCase(set: SetName, id: number): CorpusCase {
  return new CaseMaker(set, id).make();
}

class CaseMaker {
  readonly #set: SetName;
  readonly #id: number;
  readonly #random: () => number;
  readonly #phrases: Phrases;
  readonly #speaker: Speaker;
  readonly #speechDb: number;
  readonly #notes: string[] = [];
  #beep: CorpusCase['beep'];
  #firstWordsEndMs: number | undefined;

  constructor(set: SetName, id: number) {
    this.#set = set;
    this.#id = id;
    this.#random = seededRandom((set === 'tuning' ? 0x7000_0000 : 0x1000_0000) + id * 7_919);
    this.#phrases = PHRASES[set];
    this.#speaker = this.#pick(SPEAKERS[set]);
    this.#speechDb = this.#between(-35, -10);
  }

  make(): CorpusCase {
    const [called, kind] = this.#share();
    const said = this.#said(called, kind);
    const lengthMs = PEOPLE.includes(called) ? LENGTH_MS.people : LENGTH_MS.machines;
    const whole = silence(lengthMs);
    mixInto(whole, said);
    this.#addNoise(whole, called);
    const { pcm, concealed } = this.#travel(whole);
    const speaker = `${this.#speaker.native} x${this.#speaker.size} speed ${this.#speaker.speed}`;
    const describe = `${this.#set} ${this.#id}: ${called} ${kind}, ${speaker}, ${this.#notes.join(', ')}`;
    return {
      id: this.#id,
      called,
      kind,
      pcm,
      concealed,
      ...(this.#beep && { beep: this.#beep }),
      ...(this.#firstWordsEndMs !== undefined && { firstWordsEndMs: this.#firstWordsEndMs }),
      describe,
    };
  }

  #share(): [Called, string] {
    let at = this.#random() * SHARES.reduce((sum, [, , share]) => sum + share, 0);
    const found = SHARES.find(([, , share]) => (at -= share) < 0) ?? SHARES[0]!;
    return [found[0], found[1]];
  }

  #said(called: Called, kind: string): Float32Array {
    switch (called) {
      case 'person':
      case 'talker':
        return this.#person(kind);
      case 'mailbox':
        return this.#mailbox(kind);
      case 'menu':
        return this.#menu();
      case 'screening':
        return this.#screening();
      case 'fax':
        return this.#fax();
      case 'network':
        return kind === 'information' ? this.#information() : this.#progress();
      case 'nothing':
        return silence(0);
    }
  }

  /** Picks up, brings the phone to the ear, speaks, listens; some ask again after a while. */
  #person(kind: string): Float32Array {
    const lead = kind === 'late' ? this.#between(1_800, 3_500) : this.#between(100, 1_500);
    const list = { short: 'short', named: 'named', paused: 'paused', late: 'short', long: 'long' } as const;
    const first = this.#spoken(this.#phrases[list[kind as keyof typeof list]], [350, 950]);
    const parts = [silence(lead), first];
    this.#firstWordsEndMs = lead + (first.length * 1_000) / RATE;
    if (this.#random() < 0.35)
      parts.push(silence(this.#between(2_200, 4_000)), this.#spoken(this.#phrases.again, [300, 600]));
    return join(...parts);
  }

  #mailbox(kind: string): Float32Array {
    if (kind === 'tone only') return this.#withBeep(silence(this.#between(300, 2_500)));
    const lead = silence(this.#between(100, 1_800));
    const list = {
      short: 'mailboxShort',
      spoken: 'mailbox',
      paused: 'mailboxPaused',
      carrier: 'carrier',
      music: 'mailbox',
    } as const;
    const greeting = this.#spoken(this.#phrases[list[kind as keyof typeof list]], [300, 900]);
    if (kind !== 'music') return this.#withBeep(join(lead, greeting));
    // Music first, that goes on under the words.
    const before = this.#between(800, 3_000);
    const bed = music(samples(before) + greeting.length, this.#id);
    const whole = new Float32Array(bed.length);
    mixInto(whole, bed.subarray(0, samples(before)), 0, amplitude(this.#speechDb - 4));
    mixInto(whole, bed.subarray(samples(before)), samples(before), amplitude(this.#speechDb - 20));
    mixInto(whole, greeting, samples(before));
    return this.#withBeep(join(lead, whole));
  }

  /** Nine mailboxes of ten have a tone. */
  #withBeep(greeting: Float32Array): Float32Array {
    const tonal = this.#random() < 0.9 || greeting.every((sample) => sample === 0);
    if (!tonal) return greeting;
    const gap = this.#between(120, 1_800);
    const shape = this.#beepShape();
    const startMs = (greeting.length * 1_000) / RATE + gap;
    this.#beep = { hz: shape.hz, startMs, endMs: startMs + shape.ms };
    this.#notes.push(
      `beep ${shape.hz.map(Math.round).join('+')} Hz ${Math.round(shape.ms)} ms ${Math.round(shape.dB)} dB`,
    );
    return join(greeting, silence(gap), tone(shape));
  }

  #beepShape(): ToneShape {
    const kind = this.#random();
    const usual = [425, 440, 500, 620, 800, 850, 950, 1_000, 1_000, 1_200, 1_400, 1_600, 2_000];
    const hz = kind < 0.5 ? this.#pick(usual) : this.#between(400, 2_000);
    const ms = this.#random() < 0.75 ? this.#between(120, 900) : this.#between(900, 2_500);
    const dB = Math.max(-38, Math.min(-9, this.#speechDb + this.#between(-6, 8)));
    // Two notes at once, far enough from the pairs that keys have.
    const second = [1.25, 1.5, 2].map((ratio) => hz * ratio).filter((other) => other <= 2_000 && other - hz > 130);
    const hzs = kind > 0.88 && second.length > 0 ? [hz, this.#pick(second)] : [hz];
    return { hz: hzs, ms, dB, ...(this.#random() < 0.15 && { fadeInMs: this.#between(20, 90) }) };
  }

  #menu(): Float32Array {
    const menu = this.#spoken(this.#phrases.menu, [200, 500]);
    return join(silence(this.#between(200, 1_500)), menu, silence(this.#between(3_000, 5_000)), menu);
  }

  /** Asks, gives a tone, waits for an answer, and speaks again. */
  #screening(): Float32Array {
    const prompt = this.#spoken(this.#phrases.screening, [200, 400]);
    const chime = tone({ hz: [this.#between(600, 1_400)], ms: this.#between(150, 400), dB: this.#speechDb });
    const again = this.#spoken(this.#phrases.screeningAgain, [200, 400]);
    return join(
      silence(this.#between(200, 1_200)),
      prompt,
      silence(this.#between(200, 900)),
      chime,
      silence(this.#between(2_500, 5_500)),
      again,
    );
  }

  #fax(): Float32Array {
    const lead = silence(this.#between(200, 2_000));
    const dB = this.#between(-30, -12);
    if (this.#random() < 0.25) return join(lead, faxCalling(dB));
    return join(lead, faxAnswering(dB, this.#random() < 0.5));
  }

  #information(): Float32Array {
    const gap = this.#random() < 0.6 ? 0 : this.#between(0, 30);
    const dB = this.#between(-30, -14);
    const tones = this.#pick(SPECIAL_INFORMATION).flatMap(({ hz, ms }) => [tone({ hz: [hz], ms, dB }), silence(gap)]);
    const after = this.#random() < 0.8 ? this.#spoken(this.#phrases.announcement, [200, 400]) : silence(1_000);
    return join(silence(this.#between(100, 800)), ...tones, silence(this.#between(100, 500)), after);
  }

  #progress(): Float32Array {
    const { name, hz, cadence } = this.#pick(PROGRESS_TONES);
    this.#notes.push(name);
    const dB = this.#between(-30, -14);
    const parts = [silence(this.#between(100, 800))];
    for (let round = 0; round < 8; round++)
      cadence.forEach((ms, n) => parts.push(n % 2 === 0 ? tone({ hz, ms, dB }) : silence(ms)));
    return join(...parts);
  }

  /** One of the texts, at this case's level; `|` becomes a pause of the given range. */
  #spoken(texts: readonly string[], [least, most]: readonly [number, number]): Float32Array {
    const text = this.#pick(texts);
    this.#notes.push(`"${text.slice(0, 40)}"`);
    const parts = text.split('|').flatMap((piece) => {
      const pcm = speak(piece.trim(), this.#speaker);
      return [Float32Array.from(pcm, (sample) => sample / 32_768), silence(this.#between(least, most))];
    });
    const whole = join(...parts.slice(0, -1));
    const gain = amplitude(this.#speechDb) / speechRms(whole);
    return whole.map((sample) => sample * gain);
  }

  #addNoise(whole: Float32Array, called: Called): void {
    const kind = this.#random();
    const seed = this.#id * 31 + 7;
    // A line that carries nothing at all between the words: many digital ways are like that.
    if (kind < 0.25) this.#notes.push('no noise');
    else if (kind < 0.85) {
      const color = this.#pick(NOISES);
      const dB = Math.max(-65, this.#speechDb - this.#between(10, 40));
      this.#notes.push(`${color} ${Math.round(dB)} dB`);
      mixInto(whole, noise(color, whole.length, seed), 0, amplitude(dB));
    } else if (called !== 'nothing') {
      const dB = this.#speechDb - this.#between(14, 26);
      this.#notes.push(`babble ${Math.round(dB)} dB`);
      mixInto(whole, this.#babble(whole.length), 0, amplitude(dB));
      mixInto(whole, noise('pink', whole.length, seed), 0, amplitude(dB - 6));
    }
  }

  /** Five people who all talk at once, none of them to us; RMS 1. */
  #babble(length: number): Float32Array {
    const whole = new Float32Array(length);
    const texts = [...this.#phrases.long, ...this.#phrases.mailbox];
    for (let voice = 0; voice < 5; voice++) {
      const speaker = SPEAKERS[this.#set][voice]!;
      let at = -samples(this.#between(0, 1_500));
      while (at < length) {
        const pcm = speak(this.#pick(texts), speaker);
        const sound = Float32Array.from(pcm, (sample) => sample / 32_768);
        const gain = 1 / Math.max(1e-6, speechRms(sound)) / Math.sqrt(5);
        mixInto(whole, sound.subarray(Math.max(0, -at)), Math.max(0, at), gain);
        at += sound.length + samples(this.#between(200, 900));
      }
    }
    return whole;
  }

  /** µ-law or A-law, packets of 20 ms, some of them lost, and the jitter buffer that hears them. */
  #travel(whole: Float32Array): { pcm: Int16Array; concealed: Uint8Array } {
    const law = this.#random() < 0.8 ? 'PCMU' : 'PCMA';
    const lossPercent = this.#random() < 0.5 ? 0 : this.#between(0, 5);
    if (lossPercent > 0) this.#notes.push(`${lossPercent.toFixed(1)} % lost`);
    const linear = Int16Array.from(whole, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))));
    const octets = encodeG711(linear, law);
    const jitter = new JitterBuffer();
    const heard = new Uint8Array(FRAME);
    const frames = Math.floor(octets.length / FRAME);
    const pcm = new Int16Array(frames * FRAME);
    const concealed = new Uint8Array(frames);
    for (let at = 0; at < frames; at++) {
      const isLost = at > 0 && this.#random() * 100 < lossPercent;
      if (!isLost) jitter.push(at * FRAME, at === 0, octets.subarray(at * FRAME, (at + 1) * FRAME), law);
      concealed[at] = jitter.pop(heard) === 'concealed' ? 1 : 0;
      pcm.set(decodeG711(heard, law), at * FRAME);
    }
    return { pcm, concealed };
  }

  #between(least: number, most: number): number {
    return least + (most - least) * this.#random();
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)]!;
  }
}
