import { randomBytes } from 'node:crypto';
import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import {
  checkSoundName,
  SAMPLES_PER_MS,
  SOUND_LIMITS,
  toSound,
  type Sound,
  type SoundOwner,
} from '#core/sounds/sound.js';

export interface AddSound extends SoundOwner {
  name: string;
  /** A WAV or MP3, or what a phone said: 8,000 samples a second. */
  audio: { bytes: Uint8Array } | { pcm: Int16Array };
  /** Who does it, for the audit log. */
  actor: string;
}

/**
 * Keeps a sound so that calls can play it. Of what was handed in the samples are kept, not the file.
 * @throws CoreError `sound.bad_input`, `sound.too_many`, `sound.not_stored`
 */
export async function addSound(
  core: Pick<Core, 'db' | 'clock' | 'log' | 'readAudio' | 'recordings' | 'disk'>,
  input: AddSound,
): Promise<Sound> {
  const { accountId, mode, audio, actor } = input;
  const name = checkSoundName(input.name);
  if (!core.disk.takesFiles) throw noRoom();
  const pcm = 'pcm' in audio ? audio.pcm : await decoded(core, audio.bytes);
  const durationMs = Math.round(pcm.length / SAMPLES_PER_MS);
  if (durationMs === 0) throw badFile('there is nothing in it');
  if (durationMs > SOUND_LIMITS.seconds * 1000) {
    throw badFile(`it is longer than ${SOUND_LIMITS.seconds / 60} minutes`);
  }
  await refuseTooMany(core, input);
  const at = new Date(core.clock.now());
  // Named before its row has an id, so that a row always has its file.
  const file = `${accountId}/sounds/${randomBytes(12).toString('hex')}.wav`;
  const bytes = await core.recordings.write(file, pcm).catch((error: unknown) => {
    core.log.error({ error: String(error) }, 'a sound could not be written');
    throw noRoom();
  });
  try {
    return await inTransaction(core.db, async (tx) => {
      const row = await tx
        .insertInto('sounds')
        .values({ account_id: accountId, mode, name, file, bytes, duration_ms: durationMs, created_at: at })
        .returningAll()
        .executeTakeFirstOrThrow();
      const details = { mode, name };
      await recordAudit(tx, { accountId, actor, action: 'sound.add', subject: String(row.id), details, at });
      return toSound(row);
    });
  } catch (error) {
    await core.recordings.remove(file);
    throw error;
  }
}

async function decoded({ readAudio }: Pick<Core, 'readAudio'>, bytes: Uint8Array): Promise<Int16Array> {
  try {
    return (await readAudio({ bytes }, 'phone')).pcm;
  } catch (error) {
    throw badFile((error as Error).message);
  }
}

function badFile(why: string): CoreError {
  return new CoreError('sound.bad_input', `The sound cannot be used: ${why}.`, { field: 'file' });
}

async function refuseTooMany(core: Pick<Core, 'db'>, { accountId, mode }: SoundOwner): Promise<void> {
  const { n } = await core.db
    .selectFrom('sounds')
    .select(({ fn }) => fn.countAll<string>().as('n'))
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .executeTakeFirstOrThrow();
  if (Number(n) >= SOUND_LIMITS.perAccount) {
    throw new CoreError('sound.too_many', `An account has at most ${SOUND_LIMITS.perAccount} sounds.`);
  }
}

function noRoom(): CoreError {
  return new CoreError('sound.not_stored', 'There is no room for the sound on our disk; nothing of it was kept.');
}
