import type { Transaction } from 'kysely';
import type { Core, KillPoint } from '#core/core.js';
import type { Tables } from '#core/tables.js';
import { untilWritten } from '#core/until-written.js';

/** What happens to one call, written down in the order in which it happened. The phone never waits for it. */
export class CallSteps {
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly core: Pick<Core, 'db' | 'clock' | 'log' | 'background' | 'wake' | 'killPoint'>,
    private readonly callId: string,
  ) {}

  /** `then` is given what was written; undefined: it never can be. */
  write<T>(
    write: (tx: Transaction<Tables>) => Promise<T>,
    killPoint?: KillPoint,
    then?: (written: T | undefined) => void,
  ): void {
    this.#add(async () => {
      const written = await this.#written(write);
      this.core.wake.deliveries();
      if (killPoint !== undefined) this.core.killPoint(killPoint);
      then?.(written);
    });
  }

  /** Once all that has been asked for is written. */
  finish(then: () => void): void {
    this.#add(() => Promise.resolve(then()));
  }

  #add(step: () => Promise<void>): void {
    this.#last = this.#last.then(step);
    this.core.background.run('write call', () => this.#last);
  }

  async #written<T>(write: (tx: Transaction<Tables>) => Promise<T>): Promise<T | undefined> {
    try {
      return await untilWritten(this.core, write);
    } catch (error) {
      this.core.log.error({ call: this.callId, error: String(error) }, 'a step of a call could not be written');
      return undefined;
    }
  }
}
