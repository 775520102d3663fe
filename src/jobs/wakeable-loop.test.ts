import { beforeEach, expect, test } from 'vitest';
import { Background } from '#jobs/background.js';
import { WakeableLoop } from '#jobs/wakeable-loop.js';
import { HeldClock } from '#test/held-clock.js';

let clock: HeldClock;
let background: Background;
let errors: string[];
let runs: number;
/** What the next run does; gives the delay it asks for. */
let work: () => Promise<number>;

beforeEach(() => {
  clock = new HeldClock();
  errors = [];
  background = new Background((error, name) => errors.push(`${name}: ${(error as Error).message}`));
  runs = 0;
  work = async () => 500;
});

function open(): WakeableLoop {
  return new WakeableLoop('look', { clock, background }, () => {
    runs += 1;
    return work();
  });
}

test('it runs when woken, and again after the delay that it asked for', async () => {
  const loop = open();
  expect(runs).toBe(0);
  loop.wake();
  await background.idle();
  expect(runs).toBe(1);
  clock.advance(499);
  expect(runs).toBe(1);
  clock.advance(1);
  expect(runs).toBe(2);
});

test('a wake does not wait for the delay, and does not add a second one', async () => {
  const loop = open();
  loop.wake();
  await background.idle();
  clock.advance(100);
  loop.wake();
  await background.idle();
  expect(runs).toBe(2);
  clock.advance(499);
  expect(runs).toBe(2);
  clock.advance(1);
  await background.idle();
  expect(runs).toBe(3);
});

test('wakes during a run make one more run after it, never two at once', async () => {
  let letGo: () => void = () => undefined;
  let atOnce = 0;
  work = async () => {
    atOnce += 1;
    expect(atOnce).toBe(1);
    if (runs === 1) await new Promise<void>((resolve) => (letGo = resolve));
    atOnce -= 1;
    return 500;
  };
  const loop = open();
  loop.wake();
  for (let count = 0; count < 5; count++) loop.wake();
  expect(runs).toBe(1);
  letGo();
  await background.idle();
  expect(runs).toBe(2);
  expect(errors).toEqual([]);
});

test('after a failure it tries again in a second, and the failure is reported', async () => {
  work = async () => Promise.reject(new Error('no database'));
  const loop = open();
  loop.wake();
  await background.idle();
  expect(errors).toEqual(['look: no database']);
  work = async () => 500;
  clock.advance(999);
  expect(runs).toBe(1);
  clock.advance(1);
  await background.idle();
  expect([runs, errors.length]).toEqual([2, 1]);
});

test('a wake during a run that fails is not lost', async () => {
  let fail: () => void = () => undefined;
  work = () => new Promise((_resolve, reject) => (fail = () => reject(new Error('no database'))));
  const loop = open();
  loop.wake();
  loop.wake();
  work = async () => 500;
  fail();
  await background.idle();
  clock.advance(1000);
  await background.idle();
  expect(runs).toBe(2);
});

test('stopped, it runs no more: not when woken, not by its timer, not after the run in progress', async () => {
  let letGo: () => void = () => undefined;
  work = async () => {
    await new Promise<void>((resolve) => (letGo = resolve));
    return 500;
  };
  const loop = open();
  loop.wake();
  loop.wake();
  loop.stop();
  letGo();
  await background.idle();
  loop.wake();
  clock.advance(60_000);
  await background.idle();
  expect(runs).toBe(1);
  expect(clock.nextAt).toBeUndefined();
});
