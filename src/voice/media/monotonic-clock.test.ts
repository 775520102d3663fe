import { expect, it } from 'vitest';
import { monotonicClock } from '#voice/media/monotonic-clock.js';

it('never runs early, nor inside the call, and waits for fractions of a millisecond in their order', async () => {
  const began = monotonicClock.now();
  const ran: [number, number][] = [];
  const waits = [3.7, 0, 12.25, 1.5, 3.2];
  const done = waits.map(
    (delayMs) =>
      new Promise<void>((resolve) => {
        monotonicClock.after(delayMs, () => {
          ran.push([delayMs, monotonicClock.now() - began]);
          resolve();
        });
      }),
  );
  expect(ran).toEqual([]);
  await Promise.all(done);
  for (const [delayMs, afterMs] of ran) expect(afterMs).toBeGreaterThanOrEqual(delayMs);
  expect(ran.map(([delayMs]) => delayMs)).toContain(12.25);
});

it('does not run what was canceled, in any part of the wait', async () => {
  let ran = 0;
  const canceled = [0, 0.5, 4].map((delayMs) => monotonicClock.after(delayMs, () => ran++));
  const later = monotonicClock.after(10_000, () => ran++);
  for (const timer of canceled) timer.cancel();
  await new Promise<void>((resolve) => {
    monotonicClock.after(1, () => {
      later.cancel();
      monotonicClock.after(6, resolve);
    });
  });
  expect(ran).toBe(0);
});
