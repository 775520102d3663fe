import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#clock.js';
import { encodeWav } from '#speech/encode-wav.js';
import { openOpenAiHearing } from '#speech/openai-stt.js';
import { describeProviderTrouble, KEY } from '#speech/provider-conformance.js';
import { openProvider, type Asked, type Reply, type StandInProvider } from '#speech/provider.fixture.js';
import { describeSpeechToTextConformance } from '#speech/stt-conformance.js';
import { HEARING_WITHIN_MS } from '#speech/stt-service.js';
import { SttError, type SpeechToText } from '#speech/stt.js';
import { hearLength } from '#speech/stand-in-ear.fixture.js';
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

/** As the service does, by a multipart parser that is not ours. */
async function form({ headers, body }: Asked): Promise<FormData> {
  return new Response(body, { headers: { 'content-type': headers['content-type'] ?? '' } }).formData();
}

async function hear(asked: Asked): Promise<Reply> {
  const file = (await form(asked)).get('file') as File;
  const text = hearLength(new Uint8Array(await file.arrayBuffer()));
  return {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text, usage: { type: 'duration' } }),
  };
}

function open(key: string | undefined = KEY): SpeechToText {
  return openOpenAiHearing({ url: `${provider.url}/v1`, key, model: 'whisper-1', clock: systemClock });
}

describeSpeechToTextConformance('OpenAI’s interface', async () => {
  provider.answer(hear);
  return open();
});

describeProviderTrouble('OpenAI’s ears', {
  newClock: () => new HeldClock(),
  ask: ({ url, clock }) => {
    const adapter = openOpenAiHearing({ url, key: KEY, model: 'whisper-1', clock });
    return { answer: adapter.transcribe(SOUND), close: () => adapter.close() };
  },
  errorClass: SttError,
  withinMs: HEARING_WITHIN_MS,
});

describe('OpenAI’s ears', () => {
  it('are asked as the interface says', async () => {
    const adapter = open();
    await adapter.transcribe(SOUND, { language: 'es-MX' });
    await adapter.close();
    const [asked] = provider.asked as [Asked];
    expect([asked.method, asked.path]).toEqual(['POST', '/v1/audio/transcriptions']);
    expect(asked.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(asked.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    const fields = await form(asked);
    expect([...fields.keys()].sort()).toEqual(['file', 'language', 'model', 'response_format']);
    expect([fields.get('model'), fields.get('response_format'), fields.get('language')]).toEqual([
      'whisper-1',
      'json',
      'es',
    ]);
    const file = fields.get('file') as File;
    expect([file.name, file.type]).toEqual(['sound.wav', 'audio/wav']);
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(new Uint8Array(encodeWav(SOUND)));
  });

  it('are not told a language that nobody named, and need no key on a server of one’s own', async () => {
    const adapter = openOpenAiHearing({ url: provider.url, key: undefined, model: 'large', clock: systemClock });
    await adapter.transcribe(SOUND);
    await adapter.close();
    const [asked] = provider.asked as [Asked];
    expect(asked.path).toBe('/audio/transcriptions');
    expect(asked.headers.authorization).toBeUndefined();
    expect((await form(asked)).has('language')).toBe(false);
  });
});
