import { createHash, randomBytes } from 'node:crypto';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { payForSpeech } from '#core/speech/pay-for-speech.js';
import { charactersOf, makeSpeech, type SpeakText } from '#core/speech/speak-text.js';
import type { Voice } from '#speech/tts.js';

/** How long a spoken file can be fetched (rule 22). */
export const SPEECH_FILE_HOURS = 24;

export interface SpeechFile {
  id: string;
  /** What its link has that cannot be guessed. Kept nowhere. */
  token: string;
  format: SpeechFileFormat;
  durationMs: number;
  voice: Voice;
  expiresAt: Date;
}

export type SpeechFileFormat = 'mp3' | 'wav' | 'ogg';

/**
 * Speaks a text into a file that a link leads to for a day, and charges for it. In test mode it is a sample sound.
 * @throws CoreError as `speakText`, and `speech.not_stored`
 */
export async function createSpeechFile(
  core: Pick<Core, 'db' | 'clock' | 'log' | 'speech' | 'encodeAudio' | 'speechFiles' | 'disk'>,
  input: SpeakText & { format: SpeechFileFormat },
): Promise<SpeechFile> {
  const { accountId, mode, format } = input;
  if (!core.disk.takesFiles) throw notStored();
  const { id, bytes, durationMs, voice } = await makeSpeech(core, input);
  const at = new Date(core.clock.now());
  const expiresAt = new Date(at.getTime() + SPEECH_FILE_HOURS * 3_600_000);
  const token = randomBytes(24).toString('base64url');
  // Below the day on which it goes: what a dead process left behind goes with the whole day.
  const file = `${dayOf(expiresAt)}/${id}.${format}`;
  await store(core, file, bytes);
  try {
    await inTransaction(core.db, async (tx) => {
      await tx
        .insertInto('speech_files')
        .values({
          id,
          account_id: accountId,
          mode,
          token_hash: hashToken(token),
          file,
          format,
          bytes: bytes.length,
          duration_ms: durationMs,
          created_at: at,
          expires_at: expiresAt,
        })
        .execute();
      await payForSpeech(tx, { accountId, mode, reference: id, at, ...charactersOf(input) });
    });
  } catch (error) {
    await core.speechFiles.remove(file);
    throw error;
  }
  return { id, token, format, durationMs, voice, expiresAt };
}

export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** `2026-11-22`, in UTC. */
export function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}

async function store(core: Pick<Core, 'log' | 'speechFiles'>, file: string, bytes: Uint8Array): Promise<void> {
  try {
    await core.speechFiles.write(file, bytes);
  } catch (error) {
    core.log.error({ error: String(error) }, 'a spoken file could not be written');
    throw notStored();
  }
}

function notStored(): CoreError {
  return new CoreError(
    'speech.not_stored',
    'The file cannot be stored now; the operator has been told why in the log.',
  );
}
