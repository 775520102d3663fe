import { codeVoice, codeWords, primarySubtag } from '#core/calls/code-words.js';
import type { CodeScript } from '#core/calls/call-script.js';
import { PromptError, type CallPrompts } from '#core/calls/call-prompts.js';
import type { Prompt } from '#core/calls/script-run.js';
import type { Core } from '#core/core.js';
import type { Clip, Voice } from '#speech/tts.js';

/** Pauses, milliseconds: between two digits, before a code, and after one that has been read. */
const DIGIT_GAP_MS = 450;
const BEFORE_CODE_MS = 700;
const AFTER_CODE_MS = 900;
const SAMPLES_PER_MS = 8;

/**
 * The sound of a code's call. The code is joined from digits that were each spoken alone, so that no sentence with a
 * code in it is ever given to a voice, or kept (rule 16).
 * @throws PromptError `code_over` when the code has ended meanwhile; `speech_failed`
 */
export async function codePrompts(
  core: Pick<Core, 'db' | 'clock' | 'speech' | 'secrets'>,
  script: CodeScript,
): Promise<CallPrompts> {
  const row = await core.db
    .selectFrom('verifications')
    .select(['code_encrypted', 'expires_at', 'status'])
    .where('id', '=', script.verification)
    .executeTakeFirst();
  const isOpen = row?.status === 'pending' || row?.status === 'calling';
  if (!row?.code_encrypted || !isOpen || row.expires_at.getTime() <= core.clock.now()) {
    throw new PromptError('code_over', 'The code was replaced or had expired before it could be spoken.');
  }
  const voice = core.speech.resolveVoice(script.voice.used)?.voice ?? codeVoice(core.speech, script.language);
  if (voice === undefined) throw new PromptError('speech_failed', 'There is no voice that could speak the code.');
  const code = core.secrets.open(row.code_encrypted);
  const prompts = await speak(core, voice, code);
  const standIn = standInOf(prompts, voice);
  if (standIn === undefined) return prompts;
  // Digits of one language in the voice of another are hard to make out.
  await core.db
    .updateTable('verifications')
    .set({ language_used: standIn.language })
    .where('id', '=', script.verification)
    .execute();
  return speak(core, standIn, code);
}

/** Who spoke in another language than `voice` would have. */
function standInOf(prompts: Map<Prompt, Clip[]>, voice: Voice): Voice | undefined {
  const clip = [...prompts.values()]
    .flat()
    .find(({ standIn }) => standIn !== undefined && primarySubtag(standIn.language) !== primarySubtag(voice.language));
  return clip?.standIn;
}

async function speak(core: Pick<Core, 'speech'>, voice: Voice, code: string): Promise<Map<Prompt, Clip[]>> {
  const words = codeWords(voice.language);
  const say = async (text: string): Promise<Clip[]> => {
    try {
      return await core.speech.say(text, voice);
    } catch (error) {
      throw new PromptError('speech_failed', error instanceof Error ? error.message : String(error));
    }
  };
  const digits: Clip[] = [];
  for (const digit of code) {
    if (digits.length > 0) digits.push(silence(DIGIT_GAP_MS));
    digits.push(...(await say(words.digits[Number(digit)] ?? digit)));
  }
  return new Map<Prompt, Clip[]>([
    ['intro', [...(await say(words.intro)), silence(BEFORE_CODE_MS)]],
    ['again', [silence(AFTER_CODE_MS), ...(await say(words.again)), silence(BEFORE_CODE_MS)]],
    ['code', digits],
    ['goodbye', [silence(AFTER_CODE_MS), ...(await say(words.goodbye))]],
    ['press_1', await say(words.pressOne)],
  ]);
}

function silence(ms: number): Clip {
  return { pcm: new Int16Array(ms * SAMPLES_PER_MS) };
}
