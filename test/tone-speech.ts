/**
 * Text-to-speech for tests of everything else: instant, and every word is a tone of a quarter of a second, so that a
 * test knows how long any text will be and can tell the voices apart by pitch.
 */
import { SpeechError, type TextToSpeech, type Voice } from '#speech/tts.js';

export const TONE_RATE = 8_000;
export const TONE_MS_PER_WORD = 250;

export const TONE_VOICES: readonly (Voice & { hertz: number })[] = [
  { id: 'en-US-Standard-F', language: 'en-US', gender: 'female', quality: 'standard', native: 'high', hertz: 500 },
  { id: 'en-US-Standard-M', language: 'en-US', gender: 'male', quality: 'standard', native: 'low', hertz: 250 },
];

export interface ToneSpeech extends TextToSpeech {
  /** Every sentence asked for, in order. */
  readonly sentences: readonly string[];
}

export function openToneSpeech(): ToneSpeech {
  const sentences: string[] = [];
  let closed = false;
  return {
    name: 'tone',
    voices: TONE_VOICES,
    sentences,
    async synthesize(sentence, { native }) {
      const voice = TONE_VOICES.find((candidate) => candidate.native === native);
      const words = sentence.match(/[a-z0-9'-]*[a-z0-9][a-z0-9'-]*/gi)?.length ?? 0;
      if (closed) throw new SpeechError('tone: closed');
      if (!voice) throw new SpeechError(`tone: no voice ${native}`);
      if (words === 0) throw new SpeechError('tone: nothing to speak');
      sentences.push(sentence);
      const pcm = Int16Array.from({ length: (words * TONE_MS_PER_WORD * TONE_RATE) / 1000 }, (_, at) =>
        Math.round(8_000 * Math.sin((2 * Math.PI * voice.hertz * at) / TONE_RATE)),
      );
      return { pcm, rate: TONE_RATE };
    },
    async close() {
      closed = true;
    },
  };
}
