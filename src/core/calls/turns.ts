/** Lets so many work at once. The others wait in the order in which they came; whoever uses it bounds how many. */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #working = 0;

  constructor(private readonly most: number) {}

  /** Rejects as `work` does. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#working < this.most) this.#working += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#working -= 1;
      else next();
    }
  }
}
