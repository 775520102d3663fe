/** Deepgram's transcription of whole sounds. https://developers.deepgram.com/reference/speech-to-text/listen-pre-recorded */
import { encodeWav } from '#speech/encode-wav.js';
import { ProviderHttp } from '#speech/provider-http.js';
import { checkSound, SttError, type SpeechToText } from '#speech/stt.js';
import { HEARING_AT_ONCE, HEARING_WITHIN_MS, oneLine, parseAnswer, type HearingService } from '#speech/stt-service.js';

/** With its words' times an answer takes some 150 bytes a word. */
const MAX_ANSWER_BYTES = 4_000_000;

/** The part of an answer that is used. */
interface Answer {
  results?: { channels?: { alternatives?: { transcript?: unknown }[] }[] };
}

export function openDeepgram({ url, key, model, clock, fetch }: HearingService): SpeechToText {
  const name = 'deepgram';
  const http = new ProviderHttp({
    ...{ name, url, clock, withinMs: HEARING_WITHIN_MS, atOnce: HEARING_AT_ONCE },
    headers: key === undefined ? {} : { authorization: `Token ${key}` },
    failure: (message) => new SttError(message),
    ...(fetch === undefined ? {} : { fetch }),
  });
  return {
    name,
    async transcribe(sound, { language } = {}) {
      checkSound(sound);
      const query = new URLSearchParams({ model, smart_format: 'true' });
      if (language === undefined) query.set('detect_language', 'true');
      else query.set('language', language);
      const options = { contentType: 'audio/wav', maxBytes: MAX_ANSWER_BYTES };
      const answer = parseAnswer(
        name,
        await http.post(`/v1/listen?${query.toString()}`, encodeWav(sound), options),
      ) as Answer;
      return oneLine(name, answer?.results?.channels?.[0]?.alternatives?.[0]?.transcript);
    },
    async close() {
      http.close();
    },
  };
}
