/** Speech is not mistaken for keys ("talk-off"): what people and machines say at the phone, at two levels, through µ-law. */
import { expect, test } from 'vitest';
import { DtmfDetector } from '#voice/codecs/dtmf-detector.js';
import { decodeG711, encodeG711 } from '#voice/codecs/g711.js';
import { PHRASES } from './phrases.js';
import { speak, SPEAKERS } from './voices.js';

const FRAME = 160;
const LEVELS = [1, 0.3];

test('minutes of speech hold no key', () => {
  const found: string[] = [];
  let samples = 0;
  for (const set of ['tuning', 'held-apart'] as const) {
    const sentences = Object.values<readonly string[]>({ ...PHRASES[set] }).flat();
    for (const [i, sentence] of sentences.entries()) {
      const speaker = SPEAKERS[set][i % SPEAKERS[set].length]!;
      for (const part of sentence.split('|')) {
        if (part.trim() === '') continue;
        const said = speak(part.trim(), speaker);
        for (const gain of LEVELS) {
          const louder = said.map((sample) => sample * gain);
          const pcm = decodeG711(encodeG711(louder, 'PCMU'), 'PCMU');
          const detector = new DtmfDetector({
            pressed: (digit) => found.push(`${digit} in "${part}"`),
            released: () => undefined,
          });
          for (let at = 0; at + FRAME <= pcm.length; at += FRAME) detector.heard(pcm.subarray(at, at + FRAME));
          samples += pcm.length;
        }
      }
    }
  }
  expect(found).toEqual([]);
  expect(samples / 8_000 / 60).toBeGreaterThan(3);
});
