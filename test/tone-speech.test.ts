import { expect, it } from 'vitest';
import { describeTextToSpeechConformance } from '#speech/conformance.js';
import { openToneSpeech, TONE_VOICES } from '#test/tone-speech.js';

describeTextToSpeechConformance('tone', async () => openToneSpeech());

it('sounds a quarter of a second a word, at the pitch of the voice', async () => {
  const speech = openToneSpeech();
  for (const voice of TONE_VOICES) {
    const { pcm, rate } = await speech.synthesize('Press one to confirm', voice);
    expect(pcm.length / rate).toBe(1);
    const rising = pcm.filter((sample, at) => at > 0 && pcm[at - 1]! < 0 && sample >= 0).length;
    expect(Math.abs(rising - voice.hertz)).toBeLessThanOrEqual(1);
  }
  expect(speech.sentences).toEqual(['Press one to confirm', 'Press one to confirm']);
});
