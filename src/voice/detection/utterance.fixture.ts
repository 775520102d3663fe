/** For tests: sounds like speech to a machine. Vowels of a gliding voice, four syllables a second. */
const RATE = 8_000;
const SYLLABLE_MS = 240;
const VOICED_MS = 180;

/** `dB`: of the vowels, dBFS. The last syllable may be cut. */
export function utterance(ms: number, dB = -20): Int16Array {
  const pcm = new Int16Array((ms * RATE) / 1_000);
  let phase = 0;
  for (let n = 0; n < pcm.length; n++) {
    const atMs = (n * 1_000) / RATE;
    const inSyllable = atMs % SYLLABLE_MS;
    const nth = Math.floor(atMs / SYLLABLE_MS);
    phase += (2 * Math.PI * (115 + 25 * Math.sin(atMs / 90) + 8 * (nth % 3))) / RATE;
    const swell = Math.max(0, Math.sin((Math.PI * inSyllable) / VOICED_MS)) ** 0.5;
    const loud = inSyllable < VOICED_MS ? swell : 0.01;
    let sum = 0;
    for (let nthPart = 1; nthPart <= 24; nthPart++) {
      const hz = nthPart * 120;
      const formants = [500 + 150 * (nth % 3), 1_500 + 200 * (nth % 2), 2_500];
      const gain = formants.reduce((most, formant) => most + 1 / (1 + ((hz - formant) / 120) ** 2), 0.02);
      sum += gain * Math.sin(nthPart * phase);
    }
    pcm[n] = Math.round(Math.max(-1, Math.min(1, sum * 0.35 * loud * 10 ** (dB / 20) * 2)) * 32_767);
  }
  return pcm;
}

export function quiet(ms: number): Int16Array {
  return new Int16Array((ms * RATE) / 1_000);
}

export function joined(...parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
