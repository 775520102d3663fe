/** One loudness for all voices and sentences, measured over the speech alone so that pauses do not count. */
const TARGET_DBFS = -20;
const PEAK_LIMIT = 29_204; // −1 dBFS
const MAX_GAIN_DB = 20;
/** 20 ms at 8 kHz. */
const FRAME = 160;
/** Frames this far below the loudest are pauses. */
const PAUSE_DB = 30;

/** dB relative to full scale, a full-scale square wave being 0; −Infinity for silence. */
export function speechLevel(pcm: Int16Array): number {
  const powers: number[] = [];
  for (let start = 0; start < pcm.length; start += FRAME) {
    const end = Math.min(start + FRAME, pcm.length);
    let energy = 0;
    for (let at = start; at < end; at++) energy += pcm[at]! ** 2;
    powers.push(energy / (end - start));
  }
  const floor = powers.reduce((loudest, power) => Math.max(loudest, power), 0) / 10 ** (PAUSE_DB / 10);
  const active = powers.filter((power) => power > floor);
  const mean = active.reduce((sum, power) => sum + power, 0) / active.length;
  return active.length === 0 ? -Infinity : 10 * Math.log10(mean / 32768 ** 2);
}

/** A copy at the common loudness, less where its peaks would clip. Silence stays silence. */
export function normaliseLevel(pcm: Int16Array): Int16Array {
  const level = speechLevel(pcm);
  if (level === -Infinity) return pcm.slice();
  let peak = 0;
  for (const sample of pcm) peak = Math.max(peak, Math.abs(sample));
  const gain = Math.min(10 ** (Math.min(MAX_GAIN_DB, TARGET_DBFS - level) / 20), PEAK_LIMIT / peak);
  return pcm.map((sample) => Math.round(sample * gain));
}
