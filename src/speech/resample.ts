/**
 * Any rate to the phone's 8,000 samples a second, or to another. A windowed-sinc low pass (Kaiser, 70 dB) whose stop band begins where
 * the lower of the two rates folds, so that nothing aliases; flat to 0.425 of it: 3.4 kHz, all that a phone carries.
 * Method: J. O. Smith, "Digital Audio Resampling", https://ccrma.stanford.edu/~jos/resample/
 */
export const PHONE_RATE = 8_000;

const STOP_BAND_DB = 70;
/** The transition, as parts of the lower rate: 3.4 to 4 kHz for the phone. */
const TRANSITION_START = 0.425;
const TRANSITION_END = 0.5;
/** Filters differ in their fractional delay; odd rates share the nearest of this many. */
const MAX_PHASES = 1_024;

export function resampleToPhone(pcm: Int16Array, rate: number): Int16Array {
  return resample(pcm, rate, PHONE_RATE);
}

/** Both rates are whole numbers of samples a second. The same samples where the rates are the same. */
export function resample(pcm: Int16Array, rate: number, to: number): Int16Array {
  if (rate === to) return pcm;
  const filter = designFilter(rate, to);
  const { phases, halfLength } = filter;
  const output = new Int16Array(Math.round((pcm.length * to) / rate));
  for (let n = 0; n < output.length; n++) {
    // Where this output sample lies between input samples.
    const position = (n * rate) / to;
    let centre = Math.floor(position);
    let phase = Math.round((position - centre) * phases.length);
    if (phase === phases.length) {
      phase = 0;
      centre++;
    }
    const taps = phases[phase]!;
    const first = centre - halfLength + 1;
    const firstTap = Math.max(0, -first);
    const endTap = Math.min(taps.length, pcm.length - first);
    let sum = 0;
    for (let tap = firstTap; tap < endTap; tap++) sum += taps[tap]! * pcm[first + tap]!;
    output[n] = Math.max(-32768, Math.min(32767, Math.round(sum)));
  }
  return output;
}

interface Filter {
  /** Taps for a delay of 0, 1/n, 2/n … of an input sample. */
  phases: readonly Float64Array[];
  /** Half the number of taps. */
  halfLength: number;
}

/** The latest design only: a process hears one or two rates, and a design takes about a millisecond. */
let latest: { rate: number; to: number; filter: Filter } | undefined;

function designFilter(rate: number, to: number): Filter {
  if (latest?.rate === rate && latest.to === to) return latest.filter;
  const lower = Math.min(rate, to);
  const cutoff = ((TRANSITION_START + TRANSITION_END) / 2) * (lower / rate);
  const transition = (TRANSITION_END - TRANSITION_START) * (lower / rate);
  const beta = 0.1102 * (STOP_BAND_DB - 8.7);
  const halfLength = Math.ceil((STOP_BAND_DB - 8) / (2.285 * 2 * Math.PI * transition) / 2);
  const count = Math.min(MAX_PHASES, to / greatestCommonDivisor(rate, to));
  const phases = Array.from({ length: count }, (_, phase) => {
    const taps = Float64Array.from({ length: 2 * halfLength }, (_tap, tap) => {
      const distance = tap - halfLength + 1 - phase / count;
      const window = bessel0(beta * Math.sqrt(Math.max(0, 1 - (distance / halfLength) ** 2))) / bessel0(beta);
      return 2 * cutoff * sinc(2 * cutoff * distance) * window;
    });
    // The same loudness at every delay.
    const sum = taps.reduce((total, tap) => total + tap, 0);
    return taps.map((tap) => tap / sum);
  });
  const filter = { phases, halfLength };
  latest = { rate, to, filter };
  return filter;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** The modified Bessel function of the first kind and order zero, by its series. */
function bessel0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
