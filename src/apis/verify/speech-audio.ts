import type { Static } from 'typebox';
import type { TranscribeBody } from '#apis/verify/speech-schemas.js';
import type { CoreSettings } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { MOST_AUDIO_BYTES, type TranscribeAudio } from '#core/speech/index.js';
import { checkWebhookUrl } from '#core/webhooks/index.js';

/** Where the sound is, or the sound. URLs are judged as those of webhooks. @throws CoreError `speech.bad_input` */
export function parseAudio(
  { audio_url, audio_base64 }: Static<typeof TranscribeBody>,
  settings: Pick<CoreSettings, 'loopbackOnly'>,
): TranscribeAudio['audio'] {
  if (audio_url !== undefined && audio_base64 !== undefined) {
    throw badInput('audio_url', 'Give audio_url or audio_base64, not both.');
  }
  if (audio_url !== undefined) {
    const wrong = checkWebhookUrl(audio_url, settings);
    if (wrong !== undefined) throw badInput('audio_url', wrong);
    return { url: audio_url };
  }
  if (audio_base64 === undefined) throw badInput('audio_url', 'One of audio_url and audio_base64 is needed.');
  if (audio_base64 === '' || audio_base64.length % 4 > 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(audio_base64)) {
    throw badInput('audio_base64', 'This is not base64 (RFC 4648, 4).');
  }
  return takenAudio(Buffer.from(audio_base64, 'base64'), 'audio_base64');
}

/** @throws CoreError `speech.bad_input` naming the field */
export function takenAudio(bytes: Uint8Array, field: string): { bytes: Uint8Array } {
  if (bytes.length > MOST_AUDIO_BYTES) {
    throw badInput(field, `The sound has ${bytes.length} bytes; ${MOST_AUDIO_BYTES} are the limit.`);
  }
  return { bytes };
}

export function badInput(field: string, message: string): CoreError {
  return new CoreError('speech.bad_input', message, { field });
}
