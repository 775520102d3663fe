import { directoryOf, findBySpelling, type DirectoryEntry } from '#core/call-flow/directory.js';
import type { Destination, Prompt } from '#core/call-flow/flow-objects.js';
import type { FlowInput } from '#core/call-flow/flow-step.js';
import { unexpected, type FlowContext, type Move, type Stage } from '#core/call-flow/stage.js';

const FIRST_KEY_SECONDS = 8;
const NEXT_KEY_SECONDS = 4;
const MOST_KEYS = 20;
/** From so many keys on, one name that fits is offered without waiting for more keys. */
const ENOUGH_KEYS = 3;
/** Names at once; the next key has more of them. */
const OFFERED = 8;
const MORE_KEY = '9';
const BACK_KEY = '*';
/** Silences, wrong keys and names that nobody has. */
const MOST_FAILURES = 3;

/** The directory: the caller spells a name, is offered who has it, and goes to one of them. */
export class DirectoryStage implements Stage {
  #failures = 0;
  #found: DirectoryEntry[] = [];
  /** Of those found, how many were offered before. */
  #from = 0;

  constructor(
    private readonly context: FlowContext,
    /** Where the star key leads from the beginning: the menu before. */
    private readonly back: Destination | null,
  ) {}

  begin(at: Date): Move {
    this.#note('Directory', at);
    return this.#askName([]);
  }

  next(input: FlowInput, at: Date): Move {
    if (input.kind !== 'keys') throw unexpected(input, 'hear keys');
    return this.#found.length > 0 ? this.#choose(input.keys, at) : this.#search(input.keys, at);
  }

  #search(keys: string, at: Date): Move {
    const { words, configuration } = this.context;
    if (keys === BACK_KEY && this.back !== null) return { go: this.back, otherwise: 'timeout' };
    const spelt = keys.replace(/[*#]/g, '');
    if (spelt === '') return this.#fail([], 'no name', at);
    this.#found = findBySpelling(directoryOf(configuration), spelt);
    this.#from = 0;
    if (this.#found.length === 0) return this.#fail([{ text: words.nobodyFound }], `nobody for ${spelt}`, at);
    return this.#offer([]);
  }

  #choose(key: string, at: Date): Move {
    if (key === BACK_KEY) {
      this.#found = [];
      return this.#askName([]);
    }
    const hasMore = this.#found.length > this.#from + OFFERED;
    if (key === MORE_KEY && hasMore) {
      this.#from += OFFERED;
      return this.#offer([]);
    }
    const chosen = /^[1-8]$/.test(key) ? this.#found[this.#from + Number(key) - 1] : undefined;
    if (chosen === undefined) {
      const isSilent = key === '';
      return this.#fail(
        isSilent ? [] : [{ text: this.context.words.wrongKey }],
        isSilent ? 'no key' : `key ${key}`,
        at,
      );
    }
    this.#note(`Directory: ${chosen.name}`, at);
    return { go: { type: 'extension', id: chosen.extensionId }, otherwise: 'incomplete' };
  }

  #fail(first: Prompt[], what: string, at: Date): Move {
    this.#note(`Directory: ${what}`, at);
    if (++this.#failures >= MOST_FAILURES) return { go: null, otherwise: 'timeout' };
    return this.#found.length > 0 ? this.#offer(first) : this.#askName(first);
  }

  #askName(first: Prompt[]): Move {
    const { words, configuration } = this.context;
    const entries = directoryOf(configuration);
    return {
      step: {
        kind: 'gather',
        prompts: [...first, { text: words.spellName }],
        firstKeySeconds: FIRST_KEY_SECONDS,
        nextKeySeconds: NEXT_KEY_SECONDS,
        mostKeys: MOST_KEYS,
        isComplete: (keys) => {
          if (/[*#]/.test(keys)) return true;
          const { length } = findBySpelling(entries, keys);
          return length === 0 || (length === 1 && keys.length >= ENOUGH_KEYS);
        },
      },
    };
  }

  #offer(first: Prompt[]): Move {
    const { words } = this.context;
    const names = this.#found.slice(this.#from, this.#from + OFFERED);
    const texts = names.map(({ name }, at) => words.offer(name, `${at + 1}`));
    if (this.#found.length > this.#from + OFFERED) texts.push(words.moreNames(MORE_KEY));
    texts.push(words.spellAgain);
    return {
      step: {
        kind: 'gather',
        prompts: [...first, { text: texts.join(' ') }],
        firstKeySeconds: FIRST_KEY_SECONDS,
        nextKeySeconds: NEXT_KEY_SECONDS,
        mostKeys: 1,
        isComplete: () => true,
      },
    };
  }

  #note(description: string, at: Date): void {
    this.context.note({ at, type: 'directory', id: null, description });
  }
}
