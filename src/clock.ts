/**
 * Time as a parameter. Everything that waits or stamps takes a `Clock`, so that tests hold it still
 * (`test/held-clock.ts`) and a hundred calls take no real time.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `run` once after `delayMs`; a running process is not kept alive by it. */
  after(delayMs: number, run: () => void): Timer;
}

export interface Timer {
  /** Idempotent; after it `run` is never called. */
  cancel(): void;
}

/** setTimeout takes a signed 32-bit number of milliseconds; longer waits would fire at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    let handle: NodeJS.Timeout;
    const arm = (leftMs: number): void => {
      const waitMs = Math.min(Math.max(0, leftMs), LONGEST_TIMEOUT_MS);
      handle = setTimeout(() => (leftMs > waitMs ? arm(leftMs - waitMs) : run()), waitMs);
      handle.unref();
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};
