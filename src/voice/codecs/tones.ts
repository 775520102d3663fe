/** Tones and their measurement, at 8,000 samples a second. */
const SAMPLE_RATE = 8_000;

/** The level of a sine that just fills the 16-bit scale (G.711: +3.17 dBm0 in µ-law, +3.14 in A-law). */
const FULL_SCALE_DBM0 = 3.14;
const FULL_SCALE = 32_767;

export interface Tone {
  hz: number;
  /** RMS level of this sine, dBm0; 3.14 fills the scale. */
  dBm0: number;
}

/** The sum of steady sines. Too loud a sum is clipped. */
export function generateTones(tones: Tone[], durationMs: number): Int16Array {
  const pcm = new Int16Array(Math.round((durationMs * SAMPLE_RATE) / 1_000));
  const sines = tones.map(({ hz, dBm0 }) => ({
    step: (2 * Math.PI * hz) / SAMPLE_RATE,
    peak: FULL_SCALE * 10 ** ((dBm0 - FULL_SCALE_DBM0) / 20),
  }));
  for (let i = 0; i < pcm.length; i++) {
    let sum = 0;
    for (const sine of sines) sum += sine.peak * Math.sin(sine.step * i);
    pcm[i] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
  }
  return pcm;
}

/** The level of the component at `hz` in dBm0, by Goertzel's algorithm; -Infinity for digital silence. */
export function toneLevel(pcm: Int16Array, hz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / SAMPLE_RATE);
  let previous = 0;
  let beforePrevious = 0;
  for (const sample of pcm) {
    const current = sample + coefficient * previous - beforePrevious;
    beforePrevious = previous;
    previous = current;
  }
  const power = previous * previous + beforePrevious * beforePrevious - coefficient * previous * beforePrevious;
  const peak = (2 * Math.sqrt(Math.max(0, power))) / Math.max(1, pcm.length);
  return 20 * Math.log10(peak / FULL_SCALE) + FULL_SCALE_DBM0;
}

/** The level of everything in it, dBm0; -Infinity for digital silence. */
export function level(pcm: Int16Array): number {
  let sum = 0;
  for (const sample of pcm) sum += sample * sample;
  const rms = Math.sqrt(sum / Math.max(1, pcm.length));
  return 20 * Math.log10((rms * Math.SQRT2) / FULL_SCALE) + FULL_SCALE_DBM0;
}

const LOWEST_HZ = 50;
const HIGHEST_HZ = 3_900;
const COARSE_HZ = 25;
/** Longer sound than this adds nothing to the precision and costs time. */
const MEASURED_SAMPLES = 4_000;

/** The frequency of the strongest component between 50 and 3,900 Hz, to 1 Hz. Wants 50 ms of sound or more. */
export function strongestTone(pcm: Int16Array): { hz: number; dBm0: number } {
  const short = pcm.subarray(0, 400);
  const coarse = loudest(short, LOWEST_HZ, HIGHEST_HZ, COARSE_HZ);
  const { hz } = loudest(pcm.subarray(0, MEASURED_SAMPLES), coarse.hz - COARSE_HZ, coarse.hz + COARSE_HZ, 1);
  return { hz, dBm0: toneLevel(pcm, hz) };
}

function loudest(pcm: Int16Array, fromHz: number, toHz: number, stepHz: number): { hz: number; dBm0: number } {
  let best = { hz: fromHz, dBm0: -Infinity };
  for (let hz = fromHz; hz <= toHz; hz += stepHz) {
    const dBm0 = toneLevel(pcm, hz);
    if (dBm0 > best.dBm0) best = { hz, dBm0 };
  }
  return best;
}
