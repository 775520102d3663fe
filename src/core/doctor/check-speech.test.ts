import { afterEach, describe, expect, it } from 'vitest';
import { checkHearing, checkVoices } from '#core/doctor/check-speech.js';
import { SttError, type SpeechToText } from '#speech/stt.js';
import { SpeechError, type TextToSpeech } from '#speech/tts.js';
import { openToneSpeech } from '#test/tone-speech.js';
import { openWorld, type World } from '#test/world.js';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

function ear(transcribe: SpeechToText['transcribe']): SpeechToText {
  return { name: 'ear', transcribe, close: async () => undefined };
}

/** The tones, as a provider's neural voices too. */
function withNeural(synthesize?: TextToSpeech['synthesize']): TextToSpeech {
  const tone = openToneSpeech();
  const neural = tone.voices.map((voice) => ({
    ...voice,
    id: voice.id.replace('Standard', 'Neural'),
    quality: 'neural' as const,
  }));
  return {
    ...tone,
    voices: [...neural, ...tone.voices],
    synthesize: synthesize ?? ((...asked) => tone.synthesize(...asked)),
  };
}

describe('voices', () => {
  it('are asked for a sentence', async () => {
    world = await openWorld({ tts: withNeural() });
    expect(await checkVoices(world.core)).toEqual({
      name: 'voices',
      status: 'ok',
      message: '4 voices, 1 language; en-US-Neural-F, en-US-Neural-M, en-US-Standard-F spoke a sentence.',
    });
  });

  it('that do not speak are named', async () => {
    const tone = openToneSpeech();
    world = await openWorld({
      tts: withNeural((sentence, voice, use) => {
        if (voice.id === 'en-US-Neural-M') throw new SpeechError('no credit left');
        return tone.synthesize(sentence, voice, use);
      }),
    });
    const { status, message } = await checkVoices(world.core);
    expect(status).toBe('warn');
    expect(message).toContain('these do not speak: en-US-Neural-M (no credit left).');
  });

  it('fail when none speaks', async () => {
    world = await openWorld({
      tts: withNeural(() => {
        throw new SpeechError('no credit left');
      }),
    });
    expect((await checkVoices(world.core)).status).toBe('fail');
  });
});

describe('speech to text', () => {
  it('may be absent', async () => {
    world = await openWorld();
    expect(await checkHearing(world.core)).toMatchObject({
      status: 'ok',
      message: expect.stringContaining('Not configured') as string,
    });
  });

  it.each<[string, SpeechToText['transcribe'], string, string]>([
    [
      'hears',
      async ({ pcm, rate }) => `${pcm.length / rate} seconds`,
      'ok',
      'ear answers. Of "One, two, three" it heard "0.75 seconds".',
    ],
    ['is deaf', async () => '', 'warn', 'ear answers, but heard nothing when a voice said "One, two, three".'],
    [
      'is broken',
      () => Promise.reject(new SttError('ear: answered 401', { cause: 'no such key' })),
      'fail',
      'It does not work: ear: answered 401 (no such key). Check its settings.',
    ],
  ])('%s', async (_what, transcribe, status, message) => {
    world = await openWorld({ hearing: ear(transcribe) });
    expect(await checkHearing(world.core)).toEqual({ name: 'speech to text', status, message });
  });
});
