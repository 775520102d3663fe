import type { Core } from '#core/core.js';
import type { Check } from '#core/doctor/run-checks.js';
import type { Voice } from '#speech/tts.js';

const SENTENCE = 'One, two, three.';

/** Every neural voice, which a provider or a large model has, and the first of the others speak a sentence. */
export async function checkVoices({ speech }: Pick<Core, 'speech'>): Promise<Check> {
  const name = 'voices';
  const voices = speech.voices();
  const languages = new Set(voices.map(({ language }) => language));
  const asked = [...voices.filter(({ quality }) => quality === 'neural'), ...voices.filter(isStandard).slice(0, 1)];
  const silent: string[] = [];
  for (const voice of asked) {
    try {
      const { standIn } = await speech.speak(SENTENCE, voice);
      if (standIn !== undefined) silent.push(`${voice.id} (${standIn.id} speaks in its place)`);
    } catch (error) {
      silent.push(`${voice.id} (${(error as Error).message})`);
    }
  }
  const there = `${voices.length} voices, ${languages.size} ${languages.size === 1 ? 'language' : 'languages'}`;
  if (silent.length === 0) return { name, status: 'ok', message: `${there}; ${list(asked)} spoke a sentence.` };
  return {
    name,
    status: silent.length === asked.length ? 'fail' : 'warn',
    message: `${there}, but these do not speak: ${silent.join(', ')}. The log says why, at "a voice failed".`,
  };
}

/** What hears is given a sentence of our own voice. */
export async function checkHearing({ speech, hearing }: Pick<Core, 'speech' | 'hearing'>): Promise<Check> {
  const name = 'speech to text';
  if (hearing === undefined) {
    return { name, status: 'ok', message: 'Not configured; docs/voices.md says how to, where it is wanted.' };
  }
  try {
    const voice = speech.voiceFor('en');
    if (voice === undefined) return { name, status: 'warn', message: 'There is no English voice to try it with.' };
    const text = await hearing.transcribe(await speech.speak(SENTENCE, voice), { language: 'en' });
    return text === ''
      ? {
          name,
          status: 'warn',
          message: `${hearing.name} answers, but heard nothing when a voice said "One, two, three".`,
        }
      : { name, status: 'ok', message: `${hearing.name} answers. Of "One, two, three" it heard "${text}".` };
  } catch (error) {
    const { message, cause } = error as Error;
    const said = typeof cause === 'string' ? ` (${cause})` : '';
    return { name, status: 'fail', message: `It does not work: ${message}${said}. Check its settings.` };
  }
}

function isStandard({ quality }: Voice): boolean {
  return quality === 'standard';
}

function list(voices: readonly Voice[]): string {
  return voices.map(({ id }) => id).join(', ');
}
