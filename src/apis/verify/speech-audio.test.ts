import { expect, test } from 'vitest';
import { parseAudio } from '#apis/verify/speech-audio.js';

test.each([
  ['https://example.com/a.wav', true, true],
  ['http://127.0.0.1:8081/a.wav', true, false],
  ['https://user:secret@example.com/a.wav', false, false],
  ['ftp://example.com/a.wav', false, false],
])('a sound at %s', (audio_url, onLoopback, elsewhere) => {
  const isTaken = (loopbackOnly: boolean): boolean => {
    try {
      return 'url' in parseAudio({ audio_url }, { loopbackOnly });
    } catch {
      return false;
    }
  };
  expect([isTaken(true), isTaken(false)]).toEqual([onLoopback, elsewhere]);
});
