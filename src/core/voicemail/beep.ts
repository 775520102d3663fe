import type { AudioClip } from '#voice/engine.js';

const RATE = 8000;
const HZ = 1000;
const BEEP_MS = 400;
/** Before the tone, so that it does not run into the last word. */
const PAUSE_MS = 200;
/** A quarter of full scale. */
const PEAK = 8000;

/** What messages are left after. 8,000 samples a second. */
export function beep(): AudioClip {
  const pause = (RATE * PAUSE_MS) / 1000;
  const pcm = new Int16Array(pause + (RATE * BEEP_MS) / 1000);
  for (let at = pause; at < pcm.length; at++) pcm[at] = Math.round(PEAK * Math.sin((2 * Math.PI * HZ * at) / RATE));
  return { pcm };
}
