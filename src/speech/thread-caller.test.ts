import { afterEach, expect, it } from 'vitest';
import { systemClock, type Clock } from '#clock.js';
import { ThreadCaller, type ThreadCallerOptions } from '#speech/thread-caller.js';

class Failure extends Error {}

/**
 * A thread that does as it is told, in JavaScript of its own because compiled files are the only others a worker runs.
 * It answers with what it was asked, the number of its calls, and tells crashes apart by a counter shared with the test.
 */
const SCRIPT = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    let calls = 0;
    parentPort.on('message', ({ id, request }) => {
      calls++;
      if (request.starts) Atomics.add(request.starts, 0, 1);
      if (request.what === 'crash' || (request.what === 'crash once' && Atomics.load(request.starts, 0) === 1)) {
        throw new Error('out of order');
      }
      if (request.what === 'exit') process.exit(3);
      if (request.what === 'hang') return;
      if (request.what === 'refuse') parentPort.postMessage({ id, error: 'not that' });
      else parentPort.postMessage({ id, reply: request.what + ' ' + calls });
    });
  `)}`,
);

interface Request {
  what: string;
  starts?: Int32Array;
}

const opened: ThreadCaller<Request, string>[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((caller) => caller.close()));
});

function open(options: Partial<ThreadCallerOptions> = {}): ThreadCaller<Request, string> {
  const caller = new ThreadCaller<Request, string>({
    script: SCRIPT,
    clock: systemClock,
    timeoutMs: 60_000,
    maxWaiting: 10,
    failure: (message) => new Failure(message),
    ...options,
  });
  opened.push(caller);
  return caller;
}

function counter(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}

it('answers in order, from one thread', async () => {
  const caller = open();
  const replies = await Promise.all(['a', 'b', 'c'].map((what) => caller.call({ what })));
  expect(replies).toEqual(['a 1', 'b 2', 'c 3']);
});

it('passes on what the thread refuses, and goes on with the same thread', async () => {
  const caller = open();
  await expect(caller.call({ what: 'refuse' })).rejects.toThrow(new Failure('not that'));
  expect(await caller.call({ what: 'a' })).toBe('a 2');
});

it('tries once more after a crash, in a new thread', async () => {
  const caller = open();
  expect(await caller.call({ what: 'a' })).toBe('a 1');
  const starts = counter();
  expect(await caller.call({ what: 'crash once', starts })).toBe('crash once 1');
  expect(starts[0]).toBe(2);
});

it.each(['crash', 'exit'])('gives up after the second %s, and serves those behind it', async (what) => {
  const caller = open();
  const starts = counter();
  const failing = caller.call({ what, starts });
  const behind = caller.call({ what: 'b' });
  await expect(failing).rejects.toBeInstanceOf(Failure);
  expect(starts[0]).toBe(2);
  expect(await behind).toBe('b 1');
});

it('says why the thread crashed', async () => {
  await expect(open().call({ what: 'crash' })).rejects.toThrow('its thread crashed: out of order');
  await expect(open({ script: new URL('file:///nowhere/at-all.js') }).call({ what: 'a' })).rejects.toThrow('crashed');
});

it('replaces a thread that takes too long, without a second try', async () => {
  const timers: { delayMs: number; run: () => void; canceled: boolean }[] = [];
  const clock: Clock = {
    now: () => 0,
    after(delayMs, run) {
      const timer = { delayMs, run, canceled: false };
      timers.push(timer);
      return { cancel: () => (timer.canceled = true) };
    },
  };
  const caller = open({ clock, timeoutMs: 500 });
  const starts = counter();
  const hanging = caller.call({ what: 'hang', starts });
  const behind = caller.call({ what: 'b' });
  expect(timers.map(({ delayMs }) => delayMs)).toEqual([500]);
  timers[0]!.run();
  await expect(hanging).rejects.toThrow('no answer within 500 ms');
  expect(await behind).toBe('b 1');
  expect(starts[0]).toBeLessThanOrEqual(1);
  expect(timers[1]!.canceled).toBe(true);
});

it('refuses more than may wait', async () => {
  const caller = open({ maxWaiting: 2 });
  const accepted = ['a', 'b', 'c'].map((what) => caller.call({ what }));
  await expect(caller.call({ what: 'd' })).rejects.toThrow('too busy: 2 requests are waiting already');
  expect(await Promise.all(accepted)).toHaveLength(3);
  expect(await caller.call({ what: 'e' })).toBe('e 4');
});

it('rejects everything at its close and after', async () => {
  const caller = open();
  const calls = Promise.allSettled(['hang', 'b'].map((what) => caller.call({ what })));
  await caller.close();
  for (const result of await calls) expect(result).toMatchObject({ status: 'rejected', reason: { message: 'closed' } });
  await expect(caller.call({ what: 'c' })).rejects.toThrow('closed');
  await caller.close();
});
