/** Workers that hang or lag, played by threads that say what is wanted, on a held clock. */
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { Media, MediaEvent } from '#voice/media/media-port.js';
import { HeldClock } from '#voice/media/media-rig.test.support.js';
import { LOOK_EVERY_MS, REPLACEMENT_DELAY_MS, startMedia } from '#voice/media/start-media.js';
import { MAX_SILENT_LOOKS, MAX_UNUSABLE_REPORTS, UNUSABLE_LAG_MS } from '#voice/media/worker-watch.js';

/** Opens every leg, reports the lag that it is told by the number of each leg that opens, and ends when asked to. */
const PRETENDER = `
  const { parentPort } = require('node:worker_threads');
  const say = (event) => parentPort.postMessage({ kind: 'event', event });
  parentPort.postMessage({ kind: 'ready' });
  parentPort.on('message', ({ kind, command }) => {
    if (kind === 'close') return parentPort.close();
    if (command.kind === 'open') say({ kind: 'opened', leg: command.leg, port: 4000 });
    if (command.kind === 'info') say({ kind: 'load', legs: 1, tickLagMs: command.durationMs });
  });
`;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function pretended() {
  const clock = new HeldClock();
  let started = 0;
  const media: Media = await startMedia({
    workers: 1,
    host: '127.0.0.1',
    clock,
    createWorker: () => {
      started++;
      return new Worker(PRETENDER, { eval: true });
    },
  });
  closers.push(() => media.close());
  const events: MediaEvent[] = [];
  media.on((event) => events.push(event));
  const until = (fits: (event: MediaEvent) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => void (events.some(fits) && (off(), resolve()));
      const off = media.on(look);
      look();
    });
  const open = async (leg: string): Promise<void> => {
    media.send({ kind: 'open', leg });
    await until((event) => event.kind === 'opened' && event.leg === leg);
  };
  /** A report of so much lag, which has come when this resolves. */
  const report = async (tickLagMs: number): Promise<void> => {
    const before = events.length;
    media.send({ kind: 'info', leg: 'leg', digit: '1', durationMs: tickLagMs });
    await until((event) => event.kind === 'load' && events.indexOf(event) >= before);
  };
  const looks = (count: number): void => clock.advance(count * LOOK_EVERY_MS);
  return { media, clock, events, until, open, report, looks, workers: () => started };
}

const errorOf = (events: MediaEvent[]): string | undefined => {
  const closed = events.find((event) => event.kind === 'closed');
  return closed?.kind === 'closed' ? closed.error : undefined;
};

describe('a media worker', () => {
  it('that says nothing while it has legs is replaced, and its legs and jobs end with the reason', async () => {
    const { media, clock, events, until, open, looks, workers } = await pretended();
    looks(100);
    await open('leg');
    media.send({ kind: 'record', leg: 'leg', job: 'r', side: 'in', maxMs: 1_000 });
    looks(MAX_SILENT_LOOKS);
    expect(errorOf(events)).toBeUndefined();
    looks(1);
    await until((event) => event.kind === 'closed');
    expect(errorOf(events)).toBe('the media worker said nothing for 5 s');
    expect(events.find((event) => event.kind === 'job.done')).toMatchObject({ job: 'r', outcome: 'ended' });
    clock.advance(REPLACEMENT_DELAY_MS);
    expect(workers()).toBe(2);
    await open('next');
  });

  it('that is too late for anybody to talk is replaced, one that was so for a moment is not', async () => {
    const { events, until, open, report, looks, workers } = await pretended();
    await open('leg');
    for (let i = 0; i < 3 * MAX_UNUSABLE_REPORTS; i++) {
      await report(i % MAX_UNUSABLE_REPORTS === 0 ? 0 : UNUSABLE_LAG_MS);
      looks(1);
    }
    expect(errorOf(events)).toBeUndefined();
    for (let i = 0; i < MAX_UNUSABLE_REPORTS; i++) await report(UNUSABLE_LAG_MS);
    looks(1);
    await until((event) => event.kind === 'closed');
    expect(errorOf(events)).toBe('the media worker was over 300 ms late for 5 s');
    expect(workers()).toBe(1);
  });
});
