/** Samples a second of everything on the phone. */
const RATE = 8_000;

/** Length of a window to measure, samples: half a second, so that 1 Hz steps can be told apart well enough. */
const WINDOW = RATE / 2;

/** A full-scale sine is 0 dB. */
const FULL_SCALE = 32_767;

/** A sine wave. `levelDb`: relative to full scale, negative. */
export function makeTone(hz: number, durationMs: number, levelDb: number): Int16Array {
  const amplitude = FULL_SCALE * 10 ** (levelDb / 20);
  return Int16Array.from({ length: Math.round((durationMs * RATE) / 1000) }, (_, index) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hz * index) / RATE)),
  );
}

export interface MeasuredTone {
  /** Of the strongest sine near the expected one. */
  hz: number;
  /** Its level, relative to a full-scale sine. */
  levelDb: number;
  /** The share of it in all that was heard, 0 to 1. */
  purity: number;
}

/**
 * Looks for a tone within 20 Hz of `expectedHz` in the loudest half second of a recording. Undefined: the recording is
 * shorter than that, or silent.
 */
export function measureTone(pcm: Int16Array, expectedHz: number): MeasuredTone | undefined {
  const window = loudestWindow(pcm);
  if (window === undefined) return undefined;
  const energy = window.reduce((sum, sample) => sum + sample * sample, 0);
  let best = { hz: expectedHz, amplitude: 0 };
  for (let hz = expectedHz - 20; hz <= expectedHz + 20; hz++) {
    const amplitude = goertzelAmplitude(window, hz);
    if (amplitude > best.amplitude) best = { hz, amplitude };
  }
  return {
    hz: best.hz,
    levelDb: 20 * Math.log10(Math.max(best.amplitude, 1) / FULL_SCALE),
    purity: Math.min(1, (best.amplitude ** 2 / 2) * (WINDOW / energy)),
  };
}

function loudestWindow(pcm: Int16Array): Int16Array | undefined {
  let loudest: { start: number; energy: number } | undefined;
  for (let start = 0; start + WINDOW <= pcm.length; start += WINDOW / 8) {
    const energy = pcm.subarray(start, start + WINDOW).reduce((sum, sample) => sum + sample * sample, 0);
    if (energy > (loudest?.energy ?? 0)) loudest = { start, energy };
  }
  return loudest && pcm.subarray(loudest.start, loudest.start + WINDOW);
}

/** The amplitude of one frequency, by Goertzel's recurrence: a single bin of a Fourier transform. */
function goertzelAmplitude(samples: Int16Array, hz: number): number {
  const angle = (2 * Math.PI * hz) / RATE;
  const factor = 2 * Math.cos(angle);
  let last = 0;
  let beforeLast = 0;
  for (const sample of samples) {
    const next = sample + factor * last - beforeLast;
    beforeLast = last;
    last = next;
  }
  const power = last * last + beforeLast * beforeLast - factor * last * beforeLast;
  return (2 * Math.sqrt(Math.max(power, 0))) / samples.length;
}
