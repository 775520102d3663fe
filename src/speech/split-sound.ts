import type { Samples } from '#speech/tts.js';

/** Whisper hears 30 seconds and forgets the rest. */
export const MAX_PIECE_SECONDS = 28;
/** Cut within so much before that. */
const SEARCH_SECONDS = 8;
const FRAME_SECONDS = 0.1;

/** Pieces of at most 28 seconds that are the whole sound together, cut where it is quietest: between words. */
export function splitSound({ pcm, rate }: Samples): Int16Array[] {
  const frame = Math.round(FRAME_SECONDS * rate);
  const pieces: Int16Array[] = [];
  let start = 0;
  while (pcm.length - start > MAX_PIECE_SECONDS * rate) {
    const end = start + MAX_PIECE_SECONDS * rate;
    let cut = end;
    let quietest = Infinity;
    for (let at = end - SEARCH_SECONDS * rate; at + frame <= end; at += frame) {
      let energy = 0;
      for (let n = at; n < at + frame; n++) energy += pcm[n]! ** 2;
      if (energy < quietest) {
        quietest = energy;
        cut = at + Math.floor(frame / 2);
      }
    }
    pieces.push(pcm.subarray(start, cut));
    start = cut;
  }
  return [...pieces, pcm.subarray(start)];
}
