import type { Clock } from '#clock.js';
import type { Background } from '#jobs/background.js';
import { WakeableLoop } from '#jobs/wakeable-loop.js';

export interface Claiming<T> {
  /** What reports of errors call the looking and the work. */
  names: { claim: string; work: string };
  /** At once, by one process. */
  most: number;
  /** It looks again after so long at the latest, milliseconds. */
  idleMs: number;
  /** Takes at most `room` of what is due. `busy`: how much of each origin is in progress. */
  claim(at: Date, room: number, busy: ReadonlyMap<string, number>): Promise<readonly T[]>;
  /** When more is due; null, undefined: nobody knows. */
  nextAt(at: Date): Promise<Date | null | undefined>;
  work(item: T): Promise<void>;
  /** Whose it is, where one origin is not to hold up the others. */
  originOf?(item: T): string;
}

/** Claims what is due, works on so much of it at once, and looks again whenever something is done, due, or woken for. */
export class ClaimingLoop<T> {
  readonly #loop: WakeableLoop;
  readonly #busy = new Map<string, number>();
  #inProgress = 0;

  constructor(
    private readonly parts: { clock: Clock; background: Background },
    private readonly claiming: Claiming<T>,
  ) {
    this.#loop = new WakeableLoop(claiming.names.claim, parts, () => this.#claim());
  }

  wake = (): void => this.#loop.wake();

  /** Claims nothing more; what is in progress is the background's to wait for. */
  stop(): void {
    this.#loop.stop();
  }

  async #claim(): Promise<number> {
    const { most, idleMs, names } = this.claiming;
    const room = most - this.#inProgress;
    if (room <= 0) return idleMs;
    const now = new Date(this.parts.clock.now());
    const due = await this.claiming.claim(now, room, this.#busy);
    for (const item of due) {
      this.#count(item, 1);
      this.parts.background.run(names.work, () => this.#work(item));
    }
    if (due.length > 0) return 0;
    const next = await this.claiming.nextAt(now);
    return next === null || next === undefined ? idleMs : Math.max(1, Math.min(next.getTime() - now.getTime(), idleMs));
  }

  async #work(item: T): Promise<void> {
    try {
      await this.claiming.work(item);
    } finally {
      this.#count(item, -1);
      this.wake();
    }
  }

  #count(item: T, change: 1 | -1): void {
    this.#inProgress += change;
    const origin = this.claiming.originOf?.(item);
    if (origin === undefined) return;
    const count = (this.#busy.get(origin) ?? 0) + change;
    if (count > 0) this.#busy.set(origin, count);
    else this.#busy.delete(origin);
  }
}
