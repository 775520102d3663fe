import { SpeechError, type Samples } from '#speech/tts.js';

/** Between two sentences, so that they do not run into each other. */
const PAUSE_MS = 200;

/** One after the other with a short pause. Throws `SpeechError` where they are not of the same rate. */
export function joinSounds(sounds: readonly Samples[]): Samples {
  const rate = sounds[0]?.rate ?? 0;
  if (sounds.some((sound) => sound.rate !== rate)) throw new SpeechError('the voice changed its sample rate');
  const pause = Math.round((PAUSE_MS * rate) / 1000);
  const length = sounds.reduce((sum, { pcm }) => sum + pcm.length + pause, -pause);
  const pcm = new Int16Array(Math.max(0, length));
  let at = 0;
  for (const sound of sounds) {
    pcm.set(sound.pcm, at);
    at += sound.pcm.length + pause;
  }
  return { pcm, rate };
}
