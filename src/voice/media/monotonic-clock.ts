/** The time of day at the start of the thread plus what has passed since: setting the machine's clock moves no packet. */
import { performance } from 'node:perf_hooks';
import type { Clock, Timer } from '#clock.js';

/** Timers count whole milliseconds and come up to one late: the last part of a wait is spent looking at the clock. */
const WATCHED_MS = 1;

const now = (): number => performance.timeOrigin + performance.now();

/** Waits to a fraction of a millisecond. Packets that come in the meantime are handled. */
export const monotonicClock: Clock = {
  now,
  after(delayMs, run): Timer {
    const dueMs = now() + delayMs;
    let isCanceled = false;
    const wait = (): void => {
      const leftMs = dueMs - now();
      if (leftMs > WATCHED_MS) setTimeout(look, Math.floor(leftMs - WATCHED_MS)).unref();
      else setImmediate(look);
    };
    const look = (): void => {
      if (isCanceled) return;
      if (now() >= dueMs) run();
      else wait();
    };
    wait();
    return { cancel: () => (isCanceled = true) };
  },
};
