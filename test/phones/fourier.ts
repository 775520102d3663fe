/** The discrete Fourier transform in place, radix 2; the length must be a power of two. */
export function spectrum(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      swap(real, i, j);
      swap(imaginary, i, j);
    }
  }
  for (let length = 2; length <= size; length <<= 1) {
    const half = length >> 1;
    const cosines = Float64Array.from({ length: half }, (_, k) => Math.cos((-2 * Math.PI * k) / length));
    const sines = Float64Array.from({ length: half }, (_, k) => Math.sin((-2 * Math.PI * k) / length));
    for (let start = 0; start < size; start += length)
      for (let k = 0; k < half; k++) {
        const [a, b] = [start + k, start + k + half];
        const [ar, ai, br, bi] = [real[a] ?? 0, imaginary[a] ?? 0, real[b] ?? 0, imaginary[b] ?? 0];
        const [c, s] = [cosines[k] ?? 0, sines[k] ?? 0];
        const [tr, ti] = [br * c - bi * s, br * s + bi * c];
        real[a] = ar + tr;
        imaginary[a] = ai + ti;
        real[b] = ar - tr;
        imaginary[b] = ai - ti;
      }
  }
}

/** `result[lag]` = Σ long[lag + n] · short[n], for every lag from 0 to the length of `long`. */
export function crossCorrelation(long: Int16Array, short: Int16Array): Float64Array {
  let size = 1;
  while (size < long.length + short.length) size *= 2;
  const a = { real: new Float64Array(size), imaginary: new Float64Array(size) };
  const b = { real: new Float64Array(size), imaginary: new Float64Array(size) };
  a.real.set(long);
  b.real.set(short);
  spectrum(a.real, a.imaginary);
  spectrum(b.real, b.imaginary);
  for (let k = 0; k < size; k++) {
    const [ar, ai, br, bi] = [a.real[k] ?? 0, a.imaginary[k] ?? 0, b.real[k] ?? 0, b.imaginary[k] ?? 0];
    a.real[k] = ar * br + ai * bi;
    // Conjugated: a forward transform of it is then the inverse one, up to the factor 1 / size.
    a.imaginary[k] = -(ai * br - ar * bi);
  }
  spectrum(a.real, a.imaginary);
  return a.real.subarray(0, long.length).map((value) => value / size);
}

function swap(values: Float64Array, i: number, j: number): void {
  const kept = values[i] ?? 0;
  values[i] = values[j] ?? 0;
  values[j] = kept;
}
