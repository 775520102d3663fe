import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#clock.js';
import { openDeepgram } from '#speech/deepgram.js';
import { encodeWav } from '#speech/encode-wav.js';
import { describeProviderTrouble, KEY } from '#speech/provider-conformance.js';
import { openProvider, type Asked, type Reply, type StandInProvider } from '#speech/provider.fixture.js';
import { hearLength } from '#speech/stand-in-ear.fixture.js';
import { describeSpeechToTextConformance } from '#speech/stt-conformance.js';
import { HEARING_WITHIN_MS } from '#speech/stt-service.js';
import { SttError, type SpeechToText } from '#speech/stt.js';
import { HeldClock } from '#test/held-clock.js';

const SOUND = { pcm: new Int16Array(8_000).fill(500), rate: 8_000 };

let provider: StandInProvider;

beforeAll(async () => {
  provider = await openProvider();
});
beforeEach(() => {
  provider.asked.length = 0;
  provider.answer(hear);
});
afterAll(() => provider.close());

/** As the service does, with some of what else is in its answers. */
function hear({ body }: Asked): Reply {
  const transcript = hearLength(body);
  return {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      metadata: { request_id: 'b7d1', duration: 1, channels: 1 },
      results: { channels: [{ alternatives: [{ transcript, confidence: 0.98, words: [] }], detected_language: 'en' }] },
    }),
  };
}

function open(): SpeechToText {
  return openDeepgram({ url: provider.url, key: KEY, model: 'nova-3', clock: systemClock });
}

describeSpeechToTextConformance('Deepgram', async () => {
  provider.answer(hear);
  return open();
});

describeProviderTrouble('Deepgram', {
  newClock: () => new HeldClock(),
  ask: ({ url, clock }) => {
    const adapter = openDeepgram({ url, key: KEY, model: 'nova-3', clock });
    return { answer: adapter.transcribe(SOUND), close: () => adapter.close() };
  },
  errorClass: SttError,
  withinMs: HEARING_WITHIN_MS,
});

describe('Deepgram', () => {
  it.each([
    [{ language: 'pt-BR' }, '/v1/listen?model=nova-3&smart_format=true&language=pt-BR'],
    [{ language: 'en&model=base' }, '/v1/listen?model=nova-3&smart_format=true&language=en%26model%3Dbase'],
    [{}, '/v1/listen?model=nova-3&smart_format=true&detect_language=true'],
  ])('is asked as its reference says: %j', async (options, path) => {
    const adapter = open();
    await adapter.transcribe(SOUND, options);
    await adapter.close();
    const [asked] = provider.asked as [Asked];
    expect([asked.method, asked.path]).toEqual(['POST', path]);
    expect(asked.headers).toMatchObject({ authorization: `Token ${KEY}`, 'content-type': 'audio/wav' });
    expect(new Uint8Array(asked.body)).toEqual(new Uint8Array(encodeWav(SOUND)));
  });
});
