import type { Samples } from '#speech/tts.js';

const RATE = 16_000;
/** C5, E5, G5. */
const NOTES_HERTZ = [523.25, 659.26, 783.99];
const NOTE_SECONDS = 0.4;

/** What a simulated text sounds like: three notes, 1.2 seconds. Nobody was asked to speak it. */
export function sampleSound(): Samples {
  const length = NOTE_SECONDS * RATE;
  const pcm = new Int16Array(NOTES_HERTZ.length * length);
  for (const [note, hertz] of NOTES_HERTZ.entries()) {
    for (let n = 0; n < length; n++) {
      const fading = Math.sin((Math.PI * n) / length);
      pcm[note * length + n] = 8_000 * fading * Math.sin((2 * Math.PI * hertz * n) / RATE);
    }
  }
  return { pcm, rate: RATE };
}
