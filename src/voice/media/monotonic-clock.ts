/** The time of day at the start of the thread plus what has passed since: setting the machine's clock moves no packet. */
import { performance } from 'node:perf_hooks';
import { systemClock, type Clock } from '#clock.js';

export const monotonicClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after: (delayMs, run) => systemClock.after(delayMs, run),
};
