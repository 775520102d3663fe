/** The corpus's sounds that nobody speaks, 8,000 samples a second, as numbers between -1 and 1. All deterministic. */
import { seededRandom } from '#voice/media/media-rig.test.support.js';

export const RATE = 8_000;
export const samples = (ms: number): number => Math.round((ms * RATE) / 1_000);
export const amplitude = (dB: number): number => 10 ** (dB / 20);

export interface ToneShape {
  hz: readonly number[];
  ms: number;
  /** RMS of the whole, dBFS of a full-scale square wave. */
  dB: number;
  fadeInMs?: number;
}

/** Steady sines of equal strength, with edges of 5 ms. */
export function tone({ hz, ms, dB, fadeInMs = 5 }: ToneShape): Float32Array {
  const length = samples(ms);
  const peak = (amplitude(dB) * Math.SQRT2) / Math.sqrt(hz.length);
  return Float32Array.from({ length }, (_, n) => {
    const edge = Math.min(1, n / samples(fadeInMs), (length - n) / samples(5));
    return edge * peak * hz.reduce((sum, f) => sum + Math.sin((2 * Math.PI * f * n) / RATE), 0);
  });
}

export function silence(ms: number): Float32Array {
  return new Float32Array(samples(ms));
}

export function join(...parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Adds `part` to `whole` from sample `at` on, as far as there is room. */
export function mixInto(whole: Float32Array, part: Float32Array, at = 0, gain = 1): void {
  const end = Math.min(part.length, whole.length - at);
  for (let n = 0; n < end; n++) whole[at + n] = whole[at + n]! + gain * part[n]!;
}

export function rms(sound: Float32Array): number {
  let sum = 0;
  for (const sample of sound) sum += sample * sample;
  return Math.sqrt(sum / Math.max(1, sound.length));
}

/** RMS over the 20 ms pieces that are at most 30 dB below the loudest: pauses do not count. */
export function speechRms(sound: Float32Array): number {
  const pieces: number[] = [];
  for (let at = 0; at + 160 <= sound.length; at += 160) pieces.push(rms(sound.subarray(at, at + 160)) ** 2);
  const floor = Math.max(...pieces) / 1_000;
  const loud = pieces.filter((power) => power >= floor);
  return Math.sqrt(loud.reduce((sum, power) => sum + power, 0) / Math.max(1, loud.length));
}

export const NOISES = ['white', 'pink', 'hum', 'car'] as const;
export type Noise = (typeof NOISES)[number];

/** Of RMS 1, roughly. */
export function noise(kind: Noise, length: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  const gaussian = (): number => (random() + random() + random() + random() - 2) * Math.sqrt(3);
  const made = new Float32Array(length);
  if (kind === 'hum') {
    const base = random() < 0.5 ? 50 : 60;
    const parts = [1, 2, 3, 5, 7].map((nth) => ({ hz: base * nth, gain: 1 / nth, phase: random() * 2 * Math.PI }));
    for (let n = 0; n < length; n++) {
      let sum = 0.1 * gaussian();
      for (const { hz, gain, phase } of parts) sum += gain * Math.sin((2 * Math.PI * hz * n) / RATE + phase);
      made[n] = sum;
    }
  } else if (kind === 'pink') {
    // Three leaky integrators of octaves' distance: within 1 dB of pink between 50 Hz and 4 kHz.
    let [slow, middle, fast] = [0, 0, 0];
    for (let n = 0; n < length; n++) {
      const white = gaussian();
      slow = 0.997 * slow + 0.03 * white;
      middle = 0.96 * middle + 0.08 * white;
      fast = 0.6 * fast + 0.2 * white;
      made[n] = slow + middle + fast + 0.1 * white;
    }
  } else if (kind === 'car') {
    // Engine and road: a low rumble whose strength wanders slowly.
    let [low, lower] = [0, 0];
    const wander = 0.3 + 0.5 * random();
    for (let n = 0; n < length; n++) {
      low = 0.94 * low + 0.06 * gaussian();
      lower = 0.98 * lower + 0.02 * low;
      made[n] = (low + 2 * lower) * (1 + 0.25 * Math.sin((2 * Math.PI * wander * n) / RATE)) + 0.01 * gaussian();
    }
  } else for (let n = 0; n < length; n++) made[n] = gaussian();
  const level = rms(made);
  return made.map((sample) => sample / level);
}

/** Plucked chords in a slow rhythm, as music on a mailbox or a line; RMS 1. */
export function music(length: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  const made = new Float32Array(length);
  const scale = [220, 247, 262, 294, 330, 349, 392, 440, 494, 523, 587, 659];
  const beat = samples(180 + 240 * random());
  for (let at = 0; at < length; at += beat) {
    for (const voice of [0, 1, 2]) {
      const hz = scale[Math.floor(random() * scale.length)]! / (voice === 0 ? 2 : 1);
      for (let n = at; n < Math.min(length, at + 3 * beat); n++) {
        const since = n - at;
        const decay = Math.exp(-since / (0.35 * RATE)) * Math.min(1, since / 40);
        for (const nth of [1, 2, 3, 4])
          made[n] = made[n]! + (decay / nth) * Math.sin((2 * Math.PI * hz * nth * since) / RATE);
      }
    }
  }
  const level = rms(made);
  return made.map((sample) => sample / level);
}

/** ITU-T T.30: the calling terminal, half a second of 1,100 Hz every 3.5 s. */
export function faxCalling(dB: number): Float32Array {
  const once = join(tone({ hz: [1_100], ms: 500, dB }), silence(3_000));
  return join(once, once, once);
}

/** ITU-T V.8: 2,100 Hz, its phase turned over every 450 ms, and, where `swinging`, its strength by 15 Hz. */
export function faxAnswering(dB: number, swinging: boolean): Float32Array {
  const peak = amplitude(dB) * Math.SQRT2;
  return Float32Array.from({ length: samples(3_300) }, (_, n) => {
    const turned = swinging && Math.floor(n / samples(450)) % 2 === 1 ? -1 : 1;
    const swing = swinging ? 1 + 0.2 * Math.sin((2 * Math.PI * 15 * n) / RATE) : 1;
    return peak * turned * swing * Math.sin((2 * Math.PI * 2_100 * n) / RATE);
  });
}

/** The three tones of ITU-T E.180 and of North America (GR-1162): low or high variants, short or long segments. */
export const SPECIAL_INFORMATION: readonly (readonly { hz: number; ms: number }[])[] = [
  [
    { hz: 950, ms: 330 },
    { hz: 1_400, ms: 330 },
    { hz: 1_800, ms: 330 },
  ],
  [
    { hz: 913.8, ms: 276 },
    { hz: 1_370.6, ms: 276 },
    { hz: 1_776.7, ms: 380 },
  ],
  [
    { hz: 985.2, ms: 380 },
    { hz: 1_428.5, ms: 276 },
    { hz: 1_776.7, ms: 380 },
  ],
  [
    { hz: 985.2, ms: 276 },
    { hz: 1_370.6, ms: 380 },
    { hz: 1_776.7, ms: 380 },
  ],
];

/** Tones that tell how a call gets on (ITU-T E.180, its supplement 2): frequencies, and on and off times in ms. */
export const PROGRESS_TONES: readonly { name: string; hz: readonly number[]; cadence: readonly number[] }[] = [
  { name: 'busy, North America', hz: [480, 620], cadence: [500, 500] },
  { name: 'reorder, North America', hz: [480, 620], cadence: [250, 250] },
  { name: 'busy, Europe', hz: [425], cadence: [480, 480] },
  { name: 'congestion, Europe', hz: [425], cadence: [240, 240] },
  { name: 'busy, United Kingdom', hz: [400], cadence: [375, 375] },
  { name: 'ringback, North America', hz: [440, 480], cadence: [2_000, 4_000] },
  { name: 'ringback, Europe', hz: [425], cadence: [1_000, 4_000] },
  { name: 'ringback, United Kingdom', hz: [400, 450], cadence: [400, 200, 400, 2_000] },
  { name: 'dial tone, North America', hz: [350, 440], cadence: [8_000, 100] },
];
