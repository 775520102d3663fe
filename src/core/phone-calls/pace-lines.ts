import type { Timer } from '#clock.js';
import type { Core } from '#core/core.js';

/** A leg that waits until the pace of a trunk (rule 15) lets it leave. */
export interface Waiting {
  /** As its call has it. */
  readonly core: Pick<Core, 'clock' | 'background'>;
  readonly callId: string;
  /** How long it waits at most, in milliseconds since the epoch. */
  readonly until: number;
  /** It is its turn: it looks for a channel. */
  ask(): Promise<Asked>;
  /** It will have none in time. */
  tooLate(): void;
}

/** `isOver`: it has a channel, or none at all. `waitMs`: for so long no other of its line gets one. */
export interface Asked {
  isOver: boolean;
  waitMs: number;
}

/** Legs of one account that wait for the same trunks. */
const MOST_WAITING = 500;
/** What is waited for is looked at again after so long at most: a channel may be free before its time. */
const LONGEST_PAUSE_MS = 1000;
const NOTHING_FOUND: Asked = { isOver: true, waitMs: 0 };

/** The lines of this process in which legs wait for a trunk: in each of them one leg at a time asks the database. */
export class PaceLines {
  readonly #lines = new Map<string, PaceLine>();

  /** `of`: what all in the line wait for. Gives what leaves it again. */
  join(of: string, waiting: Waiting): () => void {
    const line = this.#lines.get(of) ?? new PaceLine(() => void this.#lines.delete(of));
    this.#lines.set(of, line);
    return line.join(waiting);
  }
}

/** The calls in it take turns, so that one that rings fifty numbers holds up no other; the legs of each in their order. */
class PaceLine {
  readonly #calls = new Map<string, Waiting[]>();
  readonly #ends = new Map<Waiting, Timer>();
  #asking: Waiting | undefined;
  /** Nobody gets a channel before that, as far as is known. */
  #opensAt = 0;
  #pause: Timer | undefined;

  constructor(private readonly emptied: () => void) {}

  join(waiting: Waiting): () => void {
    const { clock } = waiting.core;
    if (this.#ends.size >= MOST_WAITING || this.#opensAt > waiting.until) {
      waiting.tooLate();
      return () => undefined;
    }
    const legs = this.#calls.get(waiting.callId);
    if (legs === undefined) this.#calls.set(waiting.callId, [waiting]);
    else legs.push(waiting);
    this.#ends.set(
      waiting,
      clock.after(waiting.until - clock.now(), () => this.#giveUp(waiting)),
    );
    this.#goOn();
    return () => this.#leave(waiting);
  }

  #leave(waiting: Waiting): void {
    if (this.#remove(waiting)) this.#goOn();
  }

  /** The next one asks, as soon as it is worth it. */
  #goOn(): void {
    this.#pause?.cancel();
    if (this.#asking !== undefined) return;
    const [[next] = []] = this.#calls.values();
    if (next === undefined) return this.emptied();
    const { clock } = next.core;
    const pauseMs = Math.min(this.#opensAt - clock.now(), LONGEST_PAUSE_MS);
    if (pauseMs > 0) this.#pause = clock.after(pauseMs, () => this.#ask(next));
    else this.#ask(next);
  }

  #ask(next: Waiting): void {
    this.#asking = next;
    next.core.background.run('wait for the pace of a trunk', async () => {
      let asked = NOTHING_FOUND;
      try {
        asked = await next.ask();
      } finally {
        this.#onAsked(next, asked);
      }
    });
  }

  #onAsked(next: Waiting, { isOver, waitMs }: Asked): void {
    this.#asking = undefined;
    this.#opensAt = waitMs + next.core.clock.now();
    if (isOver) this.#remove(next);
    if (isOver) this.#passOn(next.callId);
    const late = [...this.#ends.keys()].filter(({ until }) => until < this.#opensAt);
    for (const each of late) this.#remove(each);
    this.#goOn();
    for (const each of late) each.tooLate();
  }

  #giveUp(waiting: Waiting): void {
    // What it asks now decides.
    if (this.#asking === waiting) return;
    this.#leave(waiting);
    waiting.tooLate();
  }

  /** False: it was not there any more. */
  #remove(waiting: Waiting): boolean {
    this.#ends.get(waiting)?.cancel();
    const others = (this.#calls.get(waiting.callId) ?? []).filter((each) => each !== waiting);
    if (others.length > 0) this.#calls.set(waiting.callId, others);
    else this.#calls.delete(waiting.callId);
    return this.#ends.delete(waiting);
  }

  /** This call has had its turn. */
  #passOn(callId: string): void {
    const legs = this.#calls.get(callId);
    this.#calls.delete(callId);
    if (legs !== undefined) this.#calls.set(callId, legs);
  }
}
