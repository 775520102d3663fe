/**
 * A speech service with OpenAI's interface: OpenAI's own, or a server of the operator's that speaks the same.
 * https://platform.openai.com/docs/api-reference/audio/createSpeech
 */
import type { Clock } from '#clock.js';
import { ProviderHttp, type Fetch } from '#speech/provider-http.js';
import { SoundReader } from '#speech/sound-reader.js';
import { SpeechError, type TextToSpeech, type Voice } from '#speech/tts.js';

/** A sentence; somebody waits for it before the phone rings. */
export const WITHIN_MS = 10_000;
const AT_ONCE = 8;
/** Two minutes at 24,000 Hz take 6 MB. */
const MAX_SOUND_BYTES = 10_000_000;

export interface OpenAiVoicesOptions {
  /** As far as `/audio/speech`, without a trailing slash. */
  url: string;
  key: string | undefined;
  model: string;
  voices: readonly Voice[];
  clock: Clock;
  fetch?: Fetch;
}

export function openOpenAiVoices(options: OpenAiVoicesOptions): TextToSpeech {
  const { url, key, model, voices, clock } = options;
  const name = 'openai';
  const http = new ProviderHttp({
    ...{ name, url, clock, withinMs: WITHIN_MS, atOnce: AT_ONCE },
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    failure: (message) => new SpeechError(message),
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  });
  const sounds = new SoundReader(name, clock);
  return {
    // Another model or service sounds different: what is cached of one is not for the other.
    name: `${name} ${model} at ${new URL(url).host}`,
    voices,
    remote: true,
    async synthesize(sentence, voice, use = 'phone') {
      if (!/[\p{L}\p{N}]/u.test(sentence)) throw new SpeechError(`${name}: nothing to speak`);
      if (!voices.some(({ native }) => native === voice.native)) {
        throw new SpeechError(`${name}: no voice ${voice.native}`);
      }
      const request = { model, voice: voice.native, input: sentence, response_format: 'wav' };
      const sound = await http.post('/audio/speech', JSON.stringify(request), {
        contentType: 'application/json',
        maxBytes: MAX_SOUND_BYTES,
      });
      return sounds.read(sound, use);
    },
    async close() {
      http.close();
      await sounds.close();
    },
  };
}
