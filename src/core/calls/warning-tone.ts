import type { AudioClip } from '#voice/engine.js';

const RATE = 8000;
const HZ = 1400;
const BEEP_MS = 200;
const BEEPS = 2;
/** A quarter of full scale: heard over speech, and nobody jumps. */
const PEAK = 8000;

/** Two short beeps: the call is about to end. 8,000 samples a second. */
export function warningTone(): AudioClip {
  const beep = (RATE * BEEP_MS) / 1000;
  const pcm = Int16Array.from({ length: beep * (2 * BEEPS - 1) }, (_, sample) =>
    Math.floor(sample / beep) % 2 === 0 ? Math.round(PEAK * Math.sin((2 * Math.PI * HZ * sample) / RATE)) : 0,
  );
  return { pcm };
}
