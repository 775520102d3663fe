import type { Timer } from '#clock.js';
import { holdMinute, isCharged } from '#core/calls/call-funds.js';
import type { CallRow } from '#core/calls/call.js';
import type { Core } from '#core/core.js';
import { untilWritten } from '#core/until-written.js';

/** What can be done to a call that nobody pays for any longer. */
export interface FundedLeg {
  /** Tells whoever speaks that the call is about to end. */
  warn(): void;
  /** Hangs up. */
  end(): void;
}

const MINUTE_MS = 60_000;
/** The next minute is paid for this long before it begins; when it cannot be, this is the time that is left to speak. */
const AHEAD_MS = 15_000;

/** Pays for an answered call minute by minute, before each begins; warns and ends it when the money is used up. */
export class FundsWatch {
  #startedAt = 0;
  #timer: Timer | undefined;
  #closed = false;

  constructor(
    private readonly core: Pick<Core, 'db' | 'clock' | 'log' | 'background'>,
    private readonly call: CallRow,
    private readonly leg: FundedLeg,
  ) {}

  /** From the answer on. */
  start(): void {
    if (!isCharged(this.call)) return;
    this.#startedAt = this.core.clock.now();
    this.#holdAhead(1);
  }

  /** The call has ended. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #holdAhead(minute: number): void {
    this.#at(minute * MINUTE_MS - AHEAD_MS, () => {
      this.core.background.run('pay for the next minute', () => this.#hold(minute));
    });
  }

  async #hold(minute: number): Promise<void> {
    const at = new Date(this.core.clock.now());
    const held = await untilWritten(this.core, (tx) => holdMinute(tx, this.call.id, minute, at));
    if (this.#closed) return;
    if (held === 'held') return this.#holdAhead(minute + 1);
    if (held !== 'insufficient_funds') return;
    this.core.log.warn(
      { call: this.call.id },
      'a call ends with this minute, for the balance does not pay for another',
    );
    this.leg.warn();
    this.#at(minute * MINUTE_MS, () => this.leg.end());
  }

  #at(msAfterStart: number, run: () => void): void {
    if (this.#closed) return;
    this.#timer = this.core.clock.after(this.#startedAt + msAfterStart - this.core.clock.now(), run);
  }
}
