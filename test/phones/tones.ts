import { spectrum } from './fourier.js';

export const SAMPLE_RATE = 8000;
export const SAMPLES_PER_MS = SAMPLE_RATE / 1000;
/** 20 ms. */
export const FRAME_SAMPLES = 160;

/** RMS of a sine at 0 dBm0: µ-law's loudest sine (peak 32,124 in 16 bits) is +3.17 dBm0 (G.711 table 2a). */
const RMS_AT_0_DBM0 = 32124 / Math.SQRT2 / 10 ** (3.17 / 20);

/** Sound below this is counted as silence. */
export const QUIET_DBM0 = -45;

/** A sine with ramps of 5 ms, so that its ends do not click. */
export function tone(hz: number, dbm0: number, ms: number): Int16Array {
  const peak = RMS_AT_0_DBM0 * Math.SQRT2 * 10 ** (dbm0 / 20);
  const length = Math.round(ms * SAMPLES_PER_MS);
  const ramp = 5 * SAMPLES_PER_MS;
  return Int16Array.from({ length }, (_, n) => {
    const gain = Math.min(1, (n + 1) / ramp, (length - n) / ramp);
    return Math.round(gain * peak * Math.sin((2 * Math.PI * hz * n) / SAMPLE_RATE));
  });
}

/** −Infinity for digital silence. */
export function levelDbm0(pcm: Int16Array): number {
  let sum = 0;
  for (const sample of pcm) sum += sample * sample;
  return 20 * Math.log10(Math.sqrt(sum / Math.max(1, pcm.length)) / RMS_AT_0_DBM0);
}

export interface MeasuredTone {
  hz: number;
  dbm0: number;
  /** How long the sound lasted, in whole frames. */
  ms: number;
}

/**
 * Measures the longest sound in `pcm`. Samples where `received` is 0 were lost on the wire: they end no sound and
 * count for no level. Undefined when all is silence.
 */
export function measureTone(pcm: Int16Array, received?: Uint8Array): MeasuredTone | undefined {
  const run = longestSound(pcm, received);
  if (!run) return undefined;
  // The first and last frame may be filled in part only.
  const margin = run.end - run.start > 6 * FRAME_SAMPLES ? 2 * FRAME_SAMPLES : 0;
  const from = run.start + margin;
  const whole = pcm.subarray(from, run.end - margin);
  const heard = received ? whole.filter((_, n) => received[from + n] === 1) : whole;
  return {
    hz: strongestFrequency(whole),
    dbm0: levelDbm0(heard),
    ms: (run.end - run.start) / SAMPLES_PER_MS,
  };
}

function longestSound(pcm: Int16Array, received?: Uint8Array): { start: number; end: number } | undefined {
  let best: { start: number; end: number } | undefined;
  let start = -1;
  let lastLoud = -1;
  const finish = (): void => {
    const end = lastLoud + FRAME_SAMPLES;
    if (start >= 0 && (!best || end - start > best.end - best.start)) best = { start, end: Math.min(end, pcm.length) };
    start = -1;
  };
  for (let n = 0; n < pcm.length; n += FRAME_SAMPLES) {
    if (received && received[n] === 0) continue;
    if (levelDbm0(pcm.subarray(n, n + FRAME_SAMPLES)) > QUIET_DBM0) {
      if (start < 0) start = n;
      lastLoud = n;
    } else finish();
  }
  finish();
  return best;
}

/** Hann window, then a parabola through the greatest bin and its neighbours. */
function strongestFrequency(pcm: Int16Array): number {
  const size = 2 ** Math.floor(Math.log2(Math.max(2, pcm.length)));
  const real = Float64Array.from({ length: size }, (_, n) => {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / size);
    return window * (pcm[n] ?? 0);
  });
  const imaginary = new Float64Array(size);
  spectrum(real, imaginary);
  const power = (bin: number): number => Math.log((real[bin] ?? 0) ** 2 + (imaginary[bin] ?? 0) ** 2 + 1e-9);
  let peak = 1;
  for (let bin = 1; bin < size / 2; bin++) if (power(bin) > power(peak)) peak = bin;
  const [left, middle, right] = [power(peak - 1), power(peak), power(peak + 1)];
  const shift = (left - right) / (2 * (left - 2 * middle + right) || 1);
  return ((peak + shift) * SAMPLE_RATE) / size;
}
