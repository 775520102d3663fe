import { payForSpeech, refuseWithoutFunds } from '#core/speech/pay-for-speech.js';
import { chooseVoice, MOST_CHARACTERS, primary } from '#core/speech/choose-voice.js';
import { sampleSound } from '#core/speech/sample-sound.js';
import { inWorkPlace } from '#core/speech/work-places.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';
import type { Mode } from '#core/tables.js';
import { SpeechError, type AudioFormat, type Samples, type Voice } from '#speech/tts.js';

export interface SpeakText {
  accountId: string;
  mode: Mode;
  text: string;
  /** An id of the catalogue. Absent: by `language`, else the usual voice. */
  voice?: string | undefined;
  /** BCP 47. */
  language?: string | undefined;
  format: AudioFormat;
}

export interface SpokenText {
  id: string;
  bytes: Uint8Array;
  durationMs: number;
  /** Who spoke: where the voice that was asked for failed, another of its language. */
  voice: Voice;
}

/**
 * Speaks a text into bytes that nobody keeps, and charges for it. In test mode it is a sample sound.
 * @throws CoreError `speech.bad_input`, `speech.failed`, `speech.busy`, `wallet.insufficient_funds`
 */
export async function speakText(
  core: Pick<Core, 'db' | 'clock' | 'speech' | 'encodeAudio'>,
  input: SpeakText,
): Promise<SpokenText> {
  const spoken = await makeSpeech(core, input);
  const { accountId, mode } = input;
  const at = new Date(core.clock.now());
  await inTransaction(core.db, (tx) =>
    payForSpeech(tx, { accountId, mode, reference: spoken.id, at, ...charactersOf(input) }),
  );
  return spoken;
}

/** The work without the charge. */
export async function makeSpeech(
  core: Pick<Core, 'db' | 'clock' | 'speech' | 'encodeAudio'>,
  input: SpeakText,
): Promise<SpokenText> {
  const { accountId, mode, text, format } = input;
  if (text.length > MOST_CHARACTERS) {
    throw new CoreError('speech.bad_input', `The text may have ${MOST_CHARACTERS} characters.`, { field: 'text' });
  }
  if (!/[\p{L}\p{N}]/u.test(text)) {
    throw new CoreError('speech.bad_input', 'There is nothing in the text that can be spoken.', { field: 'text' });
  }
  const asked = chooseVoice(core, input);
  await refuseWithoutFunds(core, { accountId, mode, ...charactersOf(input) });
  return inWorkPlace(accountId, async () => {
    const { sound, voice } = mode === 'test' ? { sound: sampleSound(), voice: asked } : await speak(core, text, asked);
    return {
      id: newId('spf', core.clock.now()),
      bytes: await encode(core, sound, format),
      durationMs: Math.round((sound.pcm.length / sound.rate) * 1000),
      voice,
    };
  });
}

/** What is charged for: thousands of characters. */
export function charactersOf({ text }: Pick<SpeakText, 'text'>): { unit: 'tts_1k_characters'; quantity: number } {
  return { unit: 'tts_1k_characters', quantity: text.length / 1000 };
}

async function speak(
  { speech }: Pick<Core, 'speech'>,
  text: string,
  voice: Voice,
): Promise<{ sound: Samples; voice: Voice }> {
  const sound = await speech.speak(text, voice).catch((error: unknown) => {
    throw error instanceof SpeechError
      ? new CoreError('speech.failed', `The text was not spoken: ${error.message}.`)
      : error;
  });
  const { standIn = voice } = sound;
  // A call must not be silent; a file is better not made than in a language that nobody asked for.
  if (primary(standIn.language) !== primary(voice.language)) {
    throw new CoreError('speech.failed', `The voice ${voice.id} cannot speak now, nor can another of its language.`);
  }
  return { sound, voice: standIn };
}

async function encode(
  { encodeAudio }: Pick<Core, 'encodeAudio'>,
  sound: Samples,
  format: AudioFormat,
): Promise<Uint8Array> {
  try {
    return await encodeAudio(sound, format);
  } catch (error) {
    throw new CoreError('speech.failed', `The sound was not written as ${format}: ${(error as Error).message}.`);
  }
}
