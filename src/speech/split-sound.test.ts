import { expect, it } from 'vitest';
import { MAX_PIECE_SECONDS, splitSound } from '#speech/split-sound.js';

const RATE = 8_000;

function joined(pieces: Int16Array[]): Int16Array {
  return Int16Array.from(pieces.flatMap((piece) => [...piece]));
}

it('leaves what is short enough in one piece', () => {
  const pcm = new Int16Array(MAX_PIECE_SECONDS * RATE).fill(1);
  expect(splitSound({ pcm, rate: RATE })).toEqual([pcm]);
});

it('cuts in the pauses, and loses nothing', () => {
  // Seven seconds of sound, then half a second of silence, over and over.
  const pcm = Int16Array.from({ length: 95 * RATE }, (_, at) => (at % (7.5 * RATE) < 7 * RATE ? 1 + (at % 5_000) : 0));
  const pieces = splitSound({ pcm, rate: RATE });
  expect(joined(pieces)).toEqual(pcm);
  for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(MAX_PIECE_SECONDS * RATE);
  for (const piece of pieces.slice(0, -1)) expect(piece.at(-1)).toBe(0);
});

it('cuts where there is no pause too', () => {
  const pcm = new Int16Array(100 * RATE).fill(700);
  const pieces = splitSound({ pcm, rate: RATE });
  expect(joined(pieces)).toEqual(pcm);
  for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(MAX_PIECE_SECONDS * RATE);
});
