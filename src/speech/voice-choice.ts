/** Which of the voices that are there serves an id, a language, or another voice that failed. */
import type { Voice } from '#speech/tts.js';
import { knownNeuralVoice } from '#speech/voices.js';

/** Case-insensitive. A known but absent neural id is served by a standard voice of its language and gender. */
export function voiceById(voices: readonly Voice[], id: string): { voice: Voice; degraded: boolean } | undefined {
  const voice = voices.find((candidate) => candidate.id.toLowerCase() === id.toLowerCase());
  if (voice) return { voice, degraded: false };
  const wanted = knownNeuralVoice(id);
  if (!wanted) return undefined;
  const standIn = voices.find(
    ({ language, gender, quality }) =>
      quality === 'standard' && language === wanted.language && gender === wanted.gender,
  );
  return standIn && { voice: standIn, degraded: true };
}

/**
 * The first voice of a BCP 47 language: of just that tag, else of the same primary subtag (`es` and `es-MX` are both
 * served by `es-ES`; RFC 4647 section 3.4, and back). Of the gender where there is one. Undefined: no such language.
 */
export function voiceOfLanguage(
  voices: readonly Voice[],
  language: string,
  gender: Voice['gender'] = 'female',
): Voice | undefined {
  const tag = language.toLowerCase();
  const near = voices.filter((voice) => primarySubtag(voice.language) === primarySubtag(tag));
  const exact = near.filter((voice) => voice.language.toLowerCase() === tag);
  const candidates = exact.length > 0 ? exact : near;
  return candidates.find((voice) => voice.gender === gender) ?? candidates[0];
}

/** Those that may speak for a voice that failed, the likest first: by language, and by gender within it. */
export function standInsFor(voice: Voice, others: readonly Voice[]): Voice[] {
  const unlikeness = ({ language, gender }: Voice): number => {
    const same = language === voice.language;
    const near = primarySubtag(language) === primarySubtag(voice.language);
    // After its own language only English: it is what most people who cannot be asked may understand.
    const distance = same ? 0 : near ? 2 : primarySubtag(language) === 'en' ? 4 : Infinity;
    return distance + (gender === voice.gender ? 0 : 1);
  };
  return others
    .map((candidate) => ({ candidate, rank: unlikeness(candidate) }))
    .filter(({ rank }) => rank < Infinity)
    .sort((one, other) => one.rank - other.rank)
    .map(({ candidate }) => candidate);
}

/** `es` of `es-MX` (RFC 5646 section 2.2.1), with what has two names under one: Norwegian and Mandarin. */
export function primarySubtag(language: string): string {
  const [primary = ''] = language.toLowerCase().split(/[-_]/);
  return { nb: 'no', nn: 'no', cmn: 'zh' }[primary] ?? primary;
}
