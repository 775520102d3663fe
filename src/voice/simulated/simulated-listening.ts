import type { Clock, Timer } from '#clock.js';
import type { JobId } from '#voice/engine.js';
import type { Answerer, Heard } from '#voice/simulated/answerers.js';

const MAX_MS = 60_000;

/** A `detectMachine` job: tells what is heard of an answerer at its time, until it is ended or has listened enough. */
export class SimulatedListening {
  readonly #startedAt: number;
  readonly #timers: Timer[];

  constructor(
    readonly job: JobId,
    answerer: Answerer,
    private readonly parts: { clock: Clock; answeredAt: number; maxMs: number | undefined },
    on: { heard: (heard: Heard) => void; completed: () => void },
  ) {
    const { clock, answeredAt, maxMs = MAX_MS } = parts;
    this.#startedAt = clock.now();
    this.#timers = answerer
      .filter(({ atMs }) => answeredAt + atMs >= this.#startedAt)
      .map(({ atMs, heard }) => clock.after(answeredAt + atMs - this.#startedAt, () => on.heard(heard)));
    this.#timers.push(clock.after(maxMs, on.completed));
  }

  /** Returns how long it listened, milliseconds. */
  end(): number {
    for (const timer of this.#timers) timer.cancel();
    return this.parts.clock.now() - this.#startedAt;
  }
}
