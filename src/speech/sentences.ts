/**
 * Cuts text into sentences, the pieces that are synthesised and cached. Meant for text that `spokenText` has been
 * over, yet it does not trip over "Dr.", "a.m.", initials, decimals or addresses either.
 */
/** A longer sentence is cut at a comma or, if need be, between words. */
export const MAX_SENTENCE_LENGTH = 300;

const ABBREVIATION =
  /(?:^|[\s("'])(?:(?:Mr|Mrs|Ms|Dr|Prof|St|Rev|Gov|Sen|Lt|Sgt|Capt|Jr|Sr|No|Nos|vs|etc|approx|appt|dept|Inc|Ltd|Co|Ave|Blvd|Rd|e\.g|i\.e|a\.m|p\.m|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)|(?<![A-Z] )[A-Z](?:\.[A-Z])*)\.$/;
/** After these a capital letter starts a new sentence all the same. */
const MAY_END = /(?:^|\s)(?:a\.m|p\.m|etc|Inc|Ltd|Co|Jr|Sr|Ave|Blvd|Rd|St|I)\.$/i;

export function splitSentences(text: string): string[] {
  const sentences: string[] = [];
  let start = 0;
  for (const match of text.matchAll(/[.!?]+["')\]]*(?=\s|$)|\n+/g)) {
    const end = match.index + match[0].length;
    const before = text.slice(start, end);
    const after = text.slice(end).trimStart();
    const goesOn = ABBREVIATION.test(before) && !(MAY_END.test(before) && /^[A-Z]/.test(after)) && after !== '';
    // "Wait... what": three dots before a small letter are a pause.
    if (goesOn || (match[0].startsWith('..') && /^[a-z]/.test(after))) continue;
    sentences.push(before.trim());
    start = end;
  }
  sentences.push(text.slice(start).trim());
  return sentences.filter((sentence) => /[\p{L}\p{N}]/u.test(sentence)).flatMap(shorten);
}

function shorten(sentence: string): string[] {
  const pieces: string[] = [];
  let rest = sentence;
  while (rest.length > MAX_SENTENCE_LENGTH) {
    const window = rest.slice(0, MAX_SENTENCE_LENGTH);
    const pause = Math.max(window.lastIndexOf(', '), window.lastIndexOf('; '), window.lastIndexOf(': '));
    const space = window.lastIndexOf(' ');
    const cut = pause > MAX_SENTENCE_LENGTH / 2 ? pause + 1 : space > 0 ? space : MAX_SENTENCE_LENGTH;
    pieces.push(rest.slice(0, cut).trim());
    rest = rest.slice(cut).trim();
  }
  return [...pieces, rest].filter((piece) => /[\p{L}\p{N}]/u.test(piece));
}
