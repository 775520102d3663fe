import type { FlowConfiguration } from '#core/call-flow/flow-configuration.js';
import { numberingOf } from '#core/call-flow/numbering.js';

export interface DirectoryEntry {
  extensionId: number;
  name: string;
  /** The keys that spell the name from each of its words on, and the last name before the first. */
  spelt: readonly string[];
}

/** ITU-T E.161. */
const KEYS = ['abc', 'def', 'ghi', 'jkl', 'mno', 'pqrs', 'tuv', 'wxyz'];
const KEY_OF = new Map(KEYS.flatMap((letters, at) => [...letters].map((letter) => [letter, `${at + 2}`] as const)));
/** Letters that are not another one with a mark. */
const WRITTEN_AS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
};

const known = new WeakMap<FlowConfiguration, readonly DirectoryEntry[]>();

/** Everybody who is found by name, in the order of their names. Made once for a configuration. */
export function directoryOf(configuration: FlowConfiguration): readonly DirectoryEntry[] {
  let entries = known.get(configuration);
  if (entries === undefined) known.set(configuration, (entries = read(configuration)));
  return entries;
}

/** Whose name begins with the keys, from one of its words on. */
export function findBySpelling(entries: readonly DirectoryEntry[], keys: string): DirectoryEntry[] {
  return keys === '' ? [] : entries.filter(({ spelt }) => spelt.some((word) => word.startsWith(keys)));
}

/** The keys that spell a word: marks are dropped, digits stay, what is no letter of a telephone is left out. */
export function keysOf(word: string): string {
  return [...word.toLowerCase()]
    .flatMap((letter) => [...(WRITTEN_AS[letter] ?? letter.normalize('NFD'))])
    .map((letter) => (/[0-9]/.test(letter) ? letter : (KEY_OF.get(letter) ?? '')))
    .join('');
}

function read(configuration: FlowConfiguration): DirectoryEntry[] {
  const { objects, users } = configuration;
  const entries: DirectoryEntry[] = [];
  for (const extensionId of numberingOf(configuration).reachable.values()) {
    const extension = objects.extension.get(extensionId);
    if (extension?.inDirectory !== true) continue;
    const name = (extension.userId === null ? undefined : users.get(extension.userId)?.name) ?? extension.name;
    const words = name
      .split(/[\s.,'’-]+/)
      .map(keysOf)
      .filter((word) => word !== '');
    const last = words.at(-1) ?? '';
    const spelt = words.map((_, at) => words.slice(at).join(''));
    if (words.length > 1) spelt.push(last + words.slice(0, -1).join(''));
    if (spelt.length > 0) entries.push({ extensionId, name, spelt });
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.extensionId - b.extensionId));
}
