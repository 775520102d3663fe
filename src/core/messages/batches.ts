import type { Background } from '#jobs/background.js';

/**
 * Gathers single things while a write is going on, and writes them together in the next: one transaction for many where
 * there are many, and for one at once where there is one.
 */
export class Batches<Thing> {
  #waiting: Waiting<Thing>[] = [];
  #writing = false;

  constructor(
    private readonly name: string,
    private readonly background: Background,
    private readonly write: (things: Thing[]) => Promise<void>,
    private readonly most: number,
  ) {}

  /** Resolves once it is written. Rejects where it cannot be; others that came with it are not harmed. */
  add(thing: Thing): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ thing, done, failed });
      if (this.#writing) return;
      this.#writing = true;
      this.background.run(this.name, () => this.#run());
    });
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiting.length > 0) await this.#writeSome(this.#waiting.splice(0, this.most));
    } finally {
      this.#writing = false;
    }
  }

  async #writeSome(some: Waiting<Thing>[]): Promise<void> {
    try {
      await this.write(some.map(({ thing }) => thing));
      for (const { done } of some) done();
    } catch (error) {
      const [only] = some;
      if (some.length === 1) only?.failed(error);
      else for (const one of some) await this.#writeSome([one]);
    }
  }
}

interface Waiting<Thing> {
  thing: Thing;
  done: () => void;
  failed: (error: unknown) => void;
}
