import { readWav } from '#speech/wav.js';

/** What the ear of `stt-conformance.ts` says of a WAV file. */
export function hearLength(wav: Uint8Array): string {
  const { pcm, rate } = readWav(wav);
  return pcm.every((sample) => sample === 0) ? '' : `  sound of ${(pcm.length / rate).toFixed(1)}\n seconds `;
}
