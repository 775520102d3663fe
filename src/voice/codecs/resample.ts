/** Band-limited change of the sample rate: a windowed sinc, one set of weights for each phase that occurs. */

/** Zero crossings of the sinc on either side: about 70 dB of stop band with the Blackman window. */
const ZERO_CROSSINGS = 16;
/** Of the lower of the two Nyquist frequencies: what lies above is filtered out, with room for the filter's slope. */
const PASS_BAND = 0.93;
/** Sets of weights kept; rates whose ratio needs more of them share the nearest. */
const MAX_PHASES = 1_024;

/** Rates in hertz. The length is the input's, to the nearest sample. */
export function resample(input: Float32Array, fromRate: number, toRate: number): Float32Array {
  if (fromRate === toRate) return input;
  const output = new Float32Array(Math.round((input.length * toRate) / fromRate));
  const phases = Math.min(MAX_PHASES, toRate / greatestCommonDivisor(fromRate, toRate));
  const cutoff = Math.min(1, toRate / fromRate) * PASS_BAND;
  const reach = Math.ceil(ZERO_CROSSINGS / cutoff);
  const filters = Array.from({ length: phases }, (_, phase) => weights(phase / phases, cutoff, reach));
  for (let i = 0; i < output.length; i++) {
    const at = (i * fromRate) / toRate;
    let before = Math.floor(at);
    let phase = Math.round((at - before) * phases);
    if (phase === phases) {
      phase = 0;
      before++;
    }
    const filter = filters[phase]!;
    const first = before - reach + 1;
    const start = Math.max(0, -first);
    const end = Math.min(filter.length, input.length - first);
    let sum = 0;
    for (let tap = start; tap < end; tap++) sum += filter[tap]! * input[first + tap]!;
    output[i] = sum;
  }
  return output;
}

/** For a point `fraction` of a sample after the middle of the taps. Their sum is 1, so that levels stay. */
function weights(fraction: number, cutoff: number, reach: number): Float32Array {
  const taps = new Float32Array(2 * reach);
  let sum = 0;
  for (let tap = 0; tap < taps.length; tap++) {
    const distance = tap - (reach - 1) - fraction;
    const x = Math.PI * cutoff * distance;
    const sinc = x === 0 ? 1 : Math.sin(x) / x;
    const angle = (Math.PI * distance) / reach;
    const window = Math.abs(distance) > reach ? 0 : 0.42 + 0.5 * Math.cos(angle) + 0.08 * Math.cos(2 * angle);
    taps[tap] = sinc * window;
    sum += sinc * window;
  }
  return taps.map((tap) => tap / sum);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
