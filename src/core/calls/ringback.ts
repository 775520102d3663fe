import type { AudioClip } from '#voice/engine.js';

const SAMPLES_PER_SECOND = 8000;
/** The North American ringing tone (ITU-T E.180 supplement 2): two tones, two seconds of six. */
const TONES_HZ = [440, 480];
const ON_SECONDS = 2;
const PERIOD_SECONDS = 6;
/** Of each tone: −19 dBm0, where a full-scale sine has +3.17 dBm0. */
const AMPLITUDE = 32_767 * 10 ** ((-19 - 3.17) / 20);

/** What whoever called hears while the far end rings, one period of it. */
export const RINGBACK: AudioClip = { pcm: ringback() };

function ringback(): Int16Array {
  const pcm = new Int16Array(PERIOD_SECONDS * SAMPLES_PER_SECOND);
  for (let at = 0; at < ON_SECONDS * SAMPLES_PER_SECOND; at++) {
    const waves = TONES_HZ.map((hz) => Math.sin((2 * Math.PI * hz * at) / SAMPLES_PER_SECOND));
    pcm[at] = Math.round(AMPLITUDE * waves.reduce((sum, wave) => sum + wave, 0));
  }
  return pcm;
}
