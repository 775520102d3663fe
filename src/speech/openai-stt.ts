/**
 * A transcription service with OpenAI's interface: OpenAI's own, or a server of the operator's that speaks the same.
 * https://platform.openai.com/docs/api-reference/audio/createTranscription
 */
import { encodeWav } from '#speech/encode-wav.js';
import { ProviderHttp } from '#speech/provider-http.js';
import { checkSound, SttError, type SpeechToText } from '#speech/stt.js';
import { HEARING_AT_ONCE, HEARING_WITHIN_MS, oneLine, parseAnswer, type HearingService } from '#speech/stt-service.js';
import { primarySubtag } from '#speech/voice-choice.js';

export function openOpenAiHearing({ url, key, model, clock, fetch }: HearingService): SpeechToText {
  const name = 'openai';
  const http = new ProviderHttp({
    ...{ name, url, clock, withinMs: HEARING_WITHIN_MS, atOnce: HEARING_AT_ONCE },
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    failure: (message) => new SttError(message),
    ...(fetch === undefined ? {} : { fetch }),
  });
  return {
    name,
    async transcribe(sound, { language } = {}) {
      checkSound(sound);
      const form = new FormData();
      form.set('file', new Blob([encodeWav(sound)], { type: 'audio/wav' }), 'sound.wav');
      form.set('model', model);
      form.set('response_format', 'json');
      // ISO 639-1, as the interface has it.
      if (language !== undefined) form.set('language', primarySubtag(language));
      const answer = parseAnswer(name, await http.post('/audio/transcriptions', form, MAX_ANSWER)) as {
        text?: unknown;
      };
      return oneLine(name, answer?.text);
    },
    async close() {
      http.close();
    },
  };
}

/** Ten minutes of quick speech are 10 kB. */
const MAX_ANSWER = { maxBytes: 1_000_000 };
