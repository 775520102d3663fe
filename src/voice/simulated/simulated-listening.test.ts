import { beforeEach, expect, test } from 'vitest';
import { HeldClock } from '#test/held-clock.js';
import type { EngineEvent } from '#voice/engine.js';
import { SimulatedEngine, SIMULATED_TRUNK } from '#voice/simulated/simulated-engine.js';

/** Whoever answers on the simulated network, as `detectMachine` hears them. */
let clock: HeldClock;
let engine: SimulatedEngine;
/** Milliseconds since the answer, and what was heard. */
let heard: string[];

beforeEach(() => {
  clock = new HeldClock();
  engine = new SimulatedEngine(clock);
  heard = [];
  let answeredAt = 0;
  engine.on((event: EngineEvent) => {
    if (event.kind === 'leg.answered') answeredAt = event.at;
    const what = describe(event);
    if (what !== undefined) heard.push(`${event.at - answeredAt} ${what}`);
  });
});

function describe(event: EngineEvent): string | undefined {
  switch (event.kind) {
    case 'machine':
      return `${event.revised ? 'revised ' : ''}${event.verdict}`;
    case 'machine.beep':
      return `beep of ${event.frequencyHz} Hz`;
    case 'machine.silence':
      return `silence of ${event.silenceMs} ms`;
    case 'job.done':
      return event.outcome;
    default:
      return undefined;
  }
}

function call(number: string): void {
  const to = { kind: 'trunk', trunk: SIMULATED_TRUNK, number } as const;
  engine.send({ kind: 'dial', leg: 'a', to, from: { number: '+15005550100' }, ringTimeoutMs: 30_000 });
}

test.each([
  ['+12125550100', ['1600 human']],
  ['+15005550040', ['3000 machine', '5900 beep of 1000 Hz']],
  ['+15005550041', ['3000 machine', '7500 silence of 2500 ms']],
  ['+15005550042', ['2000 human', '4400 revised machine', '4400 beep of 1000 Hz']],
  ['+15005550043', ['1500 fax']],
  ['+15005550044', ['1300 network']],
  ['+15005550045', ['5000 screening']],
  ['+15005550046', ['2500 silence']],
  ['+15005550047', ['3500 unknown']],
])('%s: %j, from the answer on, to the end of listening', (number, story) => {
  call(number);
  engine.send({ kind: 'detectMachine', leg: 'a', job: 'who', options: { maxMs: 20_000 } });
  clock.advance(120_000);
  expect(heard).toEqual([...story, '20000 completed']);
});

test('one job at a time, which can be stopped, and ends with its leg', () => {
  call('+15005550040');
  clock.advance(2000);
  engine.send({ kind: 'detectMachine', leg: 'a', job: 'one' });
  engine.send({ kind: 'detectMachine', leg: 'a', job: 'two' });
  clock.advance(4000);
  engine.send({ kind: 'stop', leg: 'a', job: 'one' });
  engine.send({ kind: 'detectMachine', leg: 'a', job: 'three' });
  clock.advance(1000);
  engine.send({ kind: 'hangup', leg: 'a' });
  clock.advance(60_000);
  expect(heard).toEqual(['0 failed', '3000 machine', '4000 stopped', '5000 ended']);
});
