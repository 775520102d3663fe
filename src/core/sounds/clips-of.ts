import type { Prompt } from '#core/call-flow/index.js';
import type { Core } from '#core/core.js';
import { readSamples } from '#core/sounds/sound-samples.js';
import type { SoundOwner } from '#core/sounds/sound.js';
import type { Voice } from '#speech/tts.js';
import type { AudioClip } from '#voice/engine.js';

/** Whose prompts are spoken by whom: as the settings of the phone system say. */
export interface PromptVoice {
  /** BCP 47. */
  language: string;
  /** An id of the catalogue; null: the usual one of the language. */
  voice: string | null;
}

/**
 * What prompts sound like, in their order, ready to play. A call goes on without what cannot be had, a sound that is gone or
 * a text that nobody can speak, and the log says so: silence with a key is better than no call.
 */
export async function clipsOf(
  core: Pick<Core, 'db' | 'log' | 'speech' | 'recordings'>,
  owner: SoundOwner,
  prompts: readonly Prompt[],
  by: PromptVoice,
): Promise<AudioClip[]> {
  const ids = prompts.flatMap(({ sound }) => (sound === undefined ? [] : [sound]));
  const files = ids.length === 0 ? new Map<number, string>() : await filesOf(core, owner, ids);
  const voice = promptVoice(core, by);
  const clips: AudioClip[] = [];
  for (const { text, sound } of prompts) {
    try {
      if (text === undefined) clips.push({ pcm: await readSamples(core, files.get(sound) ?? missing(sound)) });
      else if (text.trim() !== '') clips.push(...(await core.speech.say(text, voice ?? missing(by.language))));
    } catch (error) {
      core.log.error({ account: owner.accountId, sound, error: String(error) }, 'a prompt of a call is left out');
    }
  }
  return clips;
}

/** Who speaks: the voice that is set, or the one that serves it, else one of the language, else an English one. */
export function promptVoice({ speech }: Pick<Core, 'speech'>, { language, voice }: PromptVoice): Voice | undefined {
  const chosen = voice === null ? undefined : speech.resolveVoice(voice)?.voice;
  return chosen ?? speech.voiceFor(language) ?? speech.voiceFor('en-US') ?? speech.voices()[0];
}

async function filesOf(
  core: Pick<Core, 'db'>,
  { accountId, mode }: SoundOwner,
  ids: readonly number[],
): Promise<Map<number, string>> {
  const rows = await core.db
    .selectFrom('sounds')
    .select(['id', 'file'])
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('id', 'in', ids)
    .execute();
  return new Map(rows.map(({ id, file }) => [id, file]));
}

function missing(what: number | string): never {
  throw new Error(typeof what === 'number' ? `the sound ${what} is gone` : `nobody speaks ${what}`);
}
