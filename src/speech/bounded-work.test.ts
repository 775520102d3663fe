import { expect, it } from 'vitest';
import { BoundedWork } from '#speech/bounded-work.js';
import { HeldClock } from '#test/held-clock.js';

interface Step {
  name: string;
  end: () => void;
  signal: AbortSignal;
}

/** Work that goes on until the test ends it or its signal does. */
function open() {
  const clock = new HeldClock();
  const work = new BoundedWork({
    clock,
    atOnce: 2,
    maxWaiting: 2,
    withinMs: 1_000,
    failure: (text) => new Error(text),
  });
  const running: Step[] = [];
  const outcomes: string[] = [];
  const ask = (name: string): Promise<unknown> =>
    work
      .run(
        (signal) =>
          new Promise<string>((resolve, reject) => {
            running.push({ name, end: () => resolve('done'), signal });
            signal.addEventListener('abort', () => reject(new Error('stopped')));
          }),
      )
      .then(
        (result) => outcomes.push(`${name} ${result}`),
        (error: unknown) => outcomes.push(`${name} ${(error as Error).message}`),
      );
  return { clock, work, running, outcomes, ask };
}

it('runs so much at once, keeps so much waiting, in order, and refuses the rest', async () => {
  const { running, outcomes, ask } = open();
  const asked = ['a', 'b', 'c', 'd', 'e'].map(ask);
  await asked[4];
  expect(outcomes).toEqual(['e too busy: 2 requests are waiting already']);
  expect(running.map(({ name }) => name)).toEqual(['a', 'b']);
  running[1]!.end();
  await asked[1];
  running[0]!.end();
  await asked[0];
  await new Promise((resolve) => setImmediate(resolve));
  expect(running.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
  running[2]!.end();
  running[3]!.end();
  await Promise.all(asked);
  expect(outcomes.slice(1)).toEqual(['b done', 'a done', 'c done', 'd done']);
});

it('counts the time from the asking, so that who waited too long is not begun', async () => {
  const { clock, running, outcomes, ask } = open();
  const first = [ask('a'), ask('b')];
  clock.advance(400);
  const waiting = ask('c');
  clock.advance(600);
  await Promise.all(first);
  await new Promise((resolve) => setImmediate(resolve));
  expect(running.map(({ name, signal }) => `${name} ${signal.aborted}`)).toEqual(['a true', 'b true', 'c false']);
  const late = [ask('d'), ask('e')];
  clock.advance(400);
  await waiting;
  expect(outcomes).toEqual(['a', 'b', 'c'].map((name) => `${name} no answer within 1 s`));
  clock.advance(600);
  await Promise.all(late);
  expect(outcomes.slice(3)).toEqual(['d no answer within 1 s', 'e no answer within 1 s']);
});

it('ends everything when it is closed, and begins nothing after that', async () => {
  const { work, running, outcomes, ask } = open();
  const asked = ['a', 'b', 'c'].map(ask);
  work.close();
  work.close();
  await Promise.all([...asked, ask('d')]);
  expect(outcomes.sort()).toEqual(['a', 'b', 'c', 'd'].map((name) => `${name} closed`));
  expect(running.map(({ name }) => name)).toEqual(['a', 'b']);
});
