import type { Destination, Menu, Prompt } from '#core/call-flow/flow-objects.js';
import type { FlowInput } from '#core/call-flow/flow-step.js';
import { numberingOf } from '#core/call-flow/numbering.js';
import { unexpected, type FlowContext, type Move, type Stage } from '#core/call-flow/stage.js';

/** Between two digits of an extension. */
const NEXT_KEY_SECONDS = 3;

/** A menu: says its greeting, and goes where a key leads, or an extension that is dialled at once. */
export class MenuStage implements Stage {
  /** Silences and wrong keys together. */
  #failures = 0;

  constructor(
    private readonly context: FlowContext,
    private readonly id: number,
    private readonly menu: Menu,
  ) {}

  begin(at: Date): Move {
    this.#note('', at);
    return this.#ask([]);
  }

  next(input: FlowInput, at: Date): Move {
    if (input.kind !== 'keys') throw unexpected(input, 'hear keys');
    const keys = this.#withoutEnd(input.keys);
    if (keys === '') {
      this.#note(': no key', at);
      if (++this.#failures > this.menu.repeats) return { go: this.menu.onTimeout, otherwise: 'timeout' };
      return this.#ask([]);
    }
    const chosen = this.#chosen(keys);
    if (chosen !== undefined) {
      this.#note(`: ${chosen.description}`, at);
      return { go: chosen.destination, otherwise: 'incomplete' };
    }
    this.#note(`: ${keys} is no choice`, at);
    if (++this.#failures > this.menu.repeats) return { go: this.menu.onInvalid, otherwise: 'invalid_key' };
    return this.#ask([{ text: this.context.words.wrongKey }]);
  }

  #ask(first: Prompt[]): Move {
    const { directDial, timeoutSeconds } = this.menu;
    const longest = directDial ? numberingOf(this.context.configuration).longest : 0;
    return {
      step: {
        kind: 'gather',
        prompts: [...first, ...this.#greeting()],
        firstKeySeconds: timeoutSeconds,
        nextKeySeconds: NEXT_KEY_SECONDS,
        // And the hash key that says that the number is over.
        mostKeys: longest > 1 ? longest + 1 : 1,
        isComplete: (keys) => this.#isComplete(keys),
      },
    };
  }

  /** Without one, what was written beside the keys is read out. */
  #greeting(): Prompt[] {
    const { greeting, directDial } = this.menu;
    if (greeting !== null) return [greeting];
    const { words, configuration } = this.context;
    const texts = this.menu.options
      .filter(({ enabled, destination }) => enabled && destination !== null)
      .map(({ label, digit }) => words.option(label === '' ? digit : label, digit));
    if (directDial && numberingOf(configuration).longest > 0) texts.push(words.dialExtension);
    return texts.length === 0 ? [] : [{ text: texts.join(' ') }];
  }

  /** An option's key that an extension begins with waits for more; what no extension begins with does not. */
  #isComplete(keys: string): boolean {
    if (!this.menu.directDial || (keys.length > 1 && keys.endsWith('#'))) return true;
    return !numberingOf(this.context.configuration).beginnings.has(keys);
  }

  #chosen(keys: string): { destination: Destination | null; description: string } | undefined {
    const { configuration } = this.context;
    const extensionId = this.menu.directDial ? numberingOf(configuration).reachable.get(keys) : undefined;
    if (extensionId !== undefined) {
      return { destination: { type: 'extension', id: extensionId }, description: `extension ${keys} was dialled` };
    }
    const option = this.menu.options.find(({ digit, enabled }) => enabled && digit === keys);
    if (option === undefined) return undefined;
    const label = option.label === '' ? '' : `, ${option.label}`;
    return { destination: option.destination, description: `key ${keys}${label}` };
  }

  #withoutEnd(keys: string): string {
    return keys.length > 1 && keys.endsWith('#') ? keys.slice(0, -1) : keys;
  }

  #note(what: string, at: Date): void {
    this.context.note({ at, type: 'menu', id: this.id, description: `Menu "${this.menu.name}"${what}` });
  }
}
