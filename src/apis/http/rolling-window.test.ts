import { expect, it } from 'vitest';
import { RollingWindow } from '#apis/http/rolling-window.js';

/** The same question answered the slow way. */
function slowly(times: number[], limit: number, now: number): boolean {
  const within = times.filter((at) => at > now - 60_000);
  if (within.length >= limit) return false;
  times.push(now);
  return true;
}

it('admits what a plain count over the last 60 s admits', () => {
  const window = new RollingWindow();
  const admitted: number[] = [];
  let seed = 7;
  let now = 0;
  for (let step = 0; step < 4000; step++) {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    now += seed % 700;
    const limit = step % 1000 < 500 ? 120 : 80;
    const answer = window.admit('a', limit, now);
    expect(answer.admitted).toBe(slowly(admitted, limit, now));
    expect(answer.resetMs).toBeGreaterThan(0);
    expect(answer.resetMs).toBeLessThanOrEqual(60_000);
  }
});

it('says when one more is admitted', () => {
  const window = new RollingWindow();
  window.admit('a', 5, 1000);
  window.admit('a', 5, 2000);
  window.admit('a', 5, 3000);
  // Lowered to two: the first two must leave, not only one.
  expect(window.admit('a', 2, 4000)).toEqual({ admitted: false, remaining: 0, resetMs: 58_000 });
  expect(window.admit('a', 2, 61_999).admitted).toBe(false);
  expect(window.admit('a', 2, 62_000).admitted).toBe(true);
});

it('admits nobody at a limit of nothing', () => {
  expect(new RollingWindow().admit('a', 0, 5)).toEqual({ admitted: false, remaining: 0, resetMs: 60_000 });
});

it('forgets those who were gone longest when it must', () => {
  const window = new RollingWindow();
  window.admit('first', 1, 0);
  for (let index = 0; index < 9_999; index++) window.admit(`name-${index}`, 1, 0);
  expect(window.admit('first', 1, 0).admitted).toBe(false);
  window.admit('one too many', 1, 0);
  expect(window.admit('first', 1, 0).admitted).toBe(false);
  expect(window.admit('name-0', 1, 0).admitted).toBe(true);
});
