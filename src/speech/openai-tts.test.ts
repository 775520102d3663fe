import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#clock.js';
import { describeTextToSpeechConformance } from '#speech/conformance.js';
import { encodeMp3 } from '#speech/encode-mp3.js';
import { encodeWav } from '#speech/encode-wav.js';
import { openOpenAiVoices, WITHIN_MS } from '#speech/openai-tts.js';
import { describeProviderTrouble, KEY } from '#speech/provider-conformance.js';
import { openProvider, type Asked, type Reply, type StandInProvider } from '#speech/provider.fixture.js';
import { SpeechError, type Samples, type TextToSpeech, type Voice } from '#speech/tts.js';
import { HeldClock } from '#test/held-clock.js';

const VOICES: readonly Voice[] = [
  { id: 'en-US-Neural-F', language: 'en-US', gender: 'female', quality: 'neural', native: 'nova' },
  { id: 'es-ES-Neural-M', language: 'es-ES', gender: 'male', quality: 'neural', native: 'onyx' },
];
const HERTZ: Readonly<Record<string, number>> = { nova: 400, onyx: 200 };

let provider: StandInProvider;

beforeAll(async () => {
  provider = await openProvider();
});
beforeEach(() => {
  provider.asked.length = 0;
  provider.answer(speak);
});
afterAll(() => provider.close());

/** As the service does, with a quarter of a second of tone for a word. */
function speak({ body }: Asked): Reply {
  const { input, voice } = JSON.parse(body.toString()) as { input: string; voice: string };
  return {
    headers: { 'content-type': 'audio/wav' },
    body: encodeWav(tone(input.split(' ').length / 4, HERTZ[voice]!)),
  };
}

function tone(seconds: number, hertz: number): Samples {
  const rate = 24_000;
  const pcm = Int16Array.from(
    { length: seconds * rate },
    (_, at) => 9_000 * Math.sin((2 * Math.PI * hertz * at) / rate),
  );
  return { pcm, rate };
}

function open(options: { key?: string | undefined } = { key: KEY }): TextToSpeech {
  return openOpenAiVoices({
    url: `${provider.url}/v1`,
    model: 'tts-1',
    voices: VOICES,
    clock: systemClock,
    key: options.key,
  });
}

describeTextToSpeechConformance('OpenAI’s interface', async () => {
  // Of a suite whose hooks run after this one's.
  provider.answer(speak);
  return open();
});

describeProviderTrouble('OpenAI’s voices', {
  newClock: () => new HeldClock(),
  ask: ({ url, clock }) => {
    const adapter = openOpenAiVoices({ url, key: KEY, model: 'tts-1', voices: VOICES, clock });
    return { answer: adapter.synthesize('Hello.', VOICES[0]!), close: () => adapter.close() };
  },
  errorClass: SpeechError,
  withinMs: WITHIN_MS,
});

describe('OpenAI’s voices', () => {
  it('are asked for as the interface says', async () => {
    const adapter = open();
    const sound = await adapter.synthesize('¿Cómo está? "Bien".', VOICES[1]!, 'file');
    await adapter.close();
    expect(sound.rate).toBe(24_000);
    const [{ method, path, headers, body }] = provider.asked as [Asked];
    expect([method, path]).toEqual(['POST', '/v1/audio/speech']);
    expect(headers).toMatchObject({ authorization: `Bearer ${KEY}`, 'content-type': 'application/json' });
    expect(JSON.parse(body.toString())).toEqual({
      model: 'tts-1',
      voice: 'onyx',
      input: '¿Cómo está? "Bien".',
      response_format: 'wav',
    });
  });

  it('are heard when the service closes the connection once', async () => {
    provider.answer((asked) => (provider.asked.length === 1 ? 'gone' : speak(asked)));
    const adapter = open();
    const { pcm, rate } = await adapter.synthesize('Hello there.', VOICES[0]!);
    await adapter.close();
    expect(pcm.length / rate).toBeCloseTo(0.5, 2);
    const [first, second] = provider.asked as [Asked, Asked];
    expect(second.body).toEqual(first.body);
  });

  it('need no key on a server of one’s own', async () => {
    const adapter = open({ key: undefined });
    await adapter.synthesize('Hello.', VOICES[0]!);
    await adapter.close();
    expect(provider.asked[0]!.headers.authorization).toBeUndefined();
  });

  it('may come as MP3, which some servers send whatever they are asked for', async () => {
    provider.answer(() => ({ headers: { 'content-type': 'audio/mpeg' }, body: encodeMp3(tone(1, 400)) }));
    const adapter = open();
    const { pcm, rate } = await adapter.synthesize('Hello.', VOICES[0]!);
    await adapter.close();
    expect(pcm.length / rate).toBeCloseTo(1, 0);
  });

  it('are of this service and model alone in the cache', async () => {
    const adapter = open();
    await adapter.close();
    expect(adapter.name).toBe(`openai tts-1 at ${new URL(provider.url).host}`);
    expect(adapter.remote).toBe(true);
  });
});
