/**
 * Work that nobody awaits. It is counted, so that a shutdown and a test with a held clock can wait for it; its errors
 * are reported, never lost.
 */
export class Background {
  #running = new Set<Promise<void>>();

  constructor(private readonly onError: (error: unknown, name: string) => void) {}

  /** Starts `work` at once. */
  run(name: string, work: () => Promise<void>): void {
    const done = (async () => {
      try {
        await work();
      } catch (error) {
        this.onError(error, name);
      }
    })();
    this.#running.add(done);
    void done.then(() => this.#running.delete(done));
  }

  get size(): number {
    return this.#running.size;
  }

  /** Resolves once nothing runs, also counting what is started meanwhile. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
