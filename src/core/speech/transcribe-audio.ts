import { payForSpeech, refuseWithoutFunds } from '#core/speech/pay-for-speech.js';
import { inWorkPlace } from '#core/speech/work-places.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';
import type { Mode } from '#core/tables.js';
import { SttError, type SpeechToText } from '#speech/stt.js';
import type { Samples } from '#speech/tts.js';

/** Of one file. */
export const MOST_AUDIO_BYTES = 10 * 1024 * 1024;

/** What every simulated sound says. */
export const SIMULATED_TRANSCRIPT = 'This is a simulated transcription.';

export interface TranscribeAudio {
  accountId: string;
  mode: Mode;
  /** A WAV or MP3, or where it is. */
  audio: { url: string } | { bytes: Uint8Array };
  /** BCP 47, a hint. */
  language?: string | undefined;
}

export interface Transcription {
  id: string;
  transcript: string;
  durationMs: number;
}

/**
 * Writes down what is said in a sound, and charges for it. In test mode the sound is read, and the text is simulated.
 * @throws CoreError `speech.bad_input`, `speech.failed`, `speech.not_configured`, `speech.busy`, `wallet.insufficient_funds`
 */
export async function transcribeAudio(
  core: Pick<Core, 'db' | 'clock' | 'hearing' | 'readAudio'>,
  { accountId, mode, audio, language }: TranscribeAudio,
): Promise<Transcription> {
  // Asked first: nothing is fetched in vain.
  const hearing = mode === 'test' ? undefined : hearingOf(core);
  return inWorkPlace(accountId, async () => {
    const sound = await core.readAudio(audio).catch((error: unknown) => {
      const field = 'url' in audio ? 'audioUrl' : 'audio';
      throw new CoreError('speech.bad_input', `The sound cannot be used: ${(error as Error).message}.`, { field });
    });
    const seconds = sound.pcm.length / sound.rate;
    const cost = { unit: 'stt_minute', quantity: seconds / 60 } as const;
    await refuseWithoutFunds(core, { accountId, mode, ...cost });
    const transcript = hearing === undefined ? SIMULATED_TRANSCRIPT : await hear(hearing, sound, language);
    const at = new Date(core.clock.now());
    const id = newId('trn', at.getTime());
    await inTransaction(core.db, (tx) => payForSpeech(tx, { accountId, mode, reference: id, at, ...cost }));
    return { id, transcript, durationMs: Math.round(seconds * 1000) };
  });
}

function hearingOf({ hearing }: Pick<Core, 'hearing'>): SpeechToText {
  if (hearing !== undefined) return hearing;
  throw new CoreError(
    'speech.not_configured',
    'No speech-to-text is configured. The operator sets SIDETONE_STT_URL (a server like OpenAI’s), ' +
      'SIDETONE_DEEPGRAM_KEY or SIDETONE_SHERPA_STT_MODEL and starts the server anew.',
  );
}

async function hear(hearing: SpeechToText, sound: Samples, language: string | undefined): Promise<string> {
  try {
    return await hearing.transcribe(sound, language === undefined ? {} : { language });
  } catch (error) {
    if (!(error instanceof SttError)) throw error;
    throw new CoreError('speech.failed', `The sound was not understood: ${error.message}.`);
  }
}
