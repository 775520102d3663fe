/** The thread of `encode-audio.ts`. */
import { encodeMp3 } from '#speech/encode-mp3.js';
import { encodeOgg } from '#speech/encode-ogg.js';
import { encodePcm, encodeWav } from '#speech/encode-wav.js';
import { resample } from '#speech/resample.js';
import { answerCalls } from '#speech/thread-answers.js';
import type { AudioFormat, Samples } from '#speech/tts.js';

export interface EncodeRequest {
  samples: Samples;
  format: AudioFormat;
}

const RATES = [16_000, 24_000] as const;
/** Of bare samples, which cannot say it: what the field's clients expect. */
const PCM_RATE = 24_000;

answerCalls<EncodeRequest, Uint8Array>(async ({ samples, format }) => {
  const rate = format === 'pcm' ? PCM_RATE : samples.rate <= RATES[0] ? RATES[0] : RATES[1];
  const sound = { pcm: resample(samples.pcm, samples.rate, rate), rate };
  switch (format) {
    case 'wav':
      return encodeWav(sound);
    case 'pcm':
      return encodePcm(sound);
    case 'mp3':
      return encodeMp3(sound);
    case 'ogg':
      return encodeOgg(sound);
  }
});
