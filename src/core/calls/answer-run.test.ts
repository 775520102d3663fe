import { beforeEach, describe, expect, test } from 'vitest';
import { AnswerRun, type AnswerLeg } from '#core/calls/answer-run.js';
import type { MessageScript, MachinePlan } from '#core/calls/call-script.js';
import { ScriptRun } from '#core/calls/script-run.js';
import { HeldClock } from '#test/held-clock.js';

/** Who is spoken to, when, and with what; on a leg that only remembers. */
let clock: HeldClock;
let did: string[];
let lastJob: string;

beforeEach(() => {
  clock = new HeldClock();
  did = [];
});

function start(
  plan: MachinePlan | undefined,
  options: { keys?: MessageScript['keys']; record?: boolean } = {},
): AnswerRun {
  const { keys = {}, record = false } = options;
  const leg: AnswerLeg = {
    play(job, prompts) {
      lastJob = job;
      did.push(`play ${prompts.join('+')}`);
    },
    stopPlaying: () => void did.push('stop'),
    hangup: () => void did.push('hang up'),
    listen: () => void did.push('listen'),
    stopListening: () => void did.push('stop listening'),
  };
  const script: MessageScript = { message: 'Hello.', voice: { asked: 'a', used: 'a', degraded: false }, keys };
  const run = new AnswerRun(plan, new ScriptRun(script, record, leg, clock), record, leg, clock);
  run.start();
  did = did.filter((step) => step !== 'listen');
  return run;
}

const completed = { status: 'completed' } as const;
const leave: MachinePlan = { on: 'leave_message' };

test('without detection the message begins at once, and nobody is thought to be anything', () => {
  const run = start(undefined, { keys: { '1': { action: 'hangup' } } });
  expect(did).toEqual(['play message']);
  run.beep();
  run.digit('1');
  expect(did).toEqual(['play message', 'stop', 'hang up']);
  expect(run.verdict).toBe('unknown');
});

describe('a person', () => {
  test.each(['human', 'unknown', 'silence', 'screening'] as const)('(%s) is spoken to at the verdict', (verdict) => {
    const run = start(leave);
    clock.advance(2000);
    expect(did).toEqual([]);
    run.heard(verdict);
    expect(did).toEqual(['play message']);
    run.played(lastJob);
    expect(did.at(-1)).toBe('hang up');
    expect(run.outcome(completed)).toEqual(completed);
    expect(run.verdict).toBe(verdict);
  });

  test('is spoken to when there is no verdict: in time, or because listening failed', () => {
    start(leave);
    clock.advance(8000);
    expect(did).toEqual(['play message']);
    did = [];
    start(leave).listened();
    expect(did).toEqual(['play message']);
  });

  test('who presses a key is one, whatever was heard before or is after', () => {
    const run = start(leave, { keys: { '1': { action: 'hangup' }, '2': { action: 'repeat' } } });
    run.heard('machine');
    run.digit('2');
    expect(did).toEqual(['stop listening', 'play message', 'stop', 'play message']);
    run.beep();
    expect(run.heard('machine')).toBe(false);
    run.silence();
    run.digit('1');
    expect(did.slice(4)).toEqual(['stop', 'hang up']);
    expect(run.verdict).toBe('human');
    expect(run.outcome(completed)).toEqual(completed);
  });

  test('may press a key before anything was said', () => {
    const run = start(leave, { keys: { '9': { action: 'optout' } } });
    expect(run.actionOf('9')).toEqual({ action: 'optout' });
    run.digit('9');
    expect(did.at(-1)).toBe('hang up');
  });

  test('who presses a key during the message for machines hears the other one', () => {
    const run = start(leave, { keys: { '1': { action: 'hangup' } } });
    run.heard('machine');
    run.beep();
    run.digit('5');
    expect(did).toEqual(['play machine', 'stop listening', 'stop', 'play message']);
    expect(run.outcome(completed)).toEqual(completed);
  });
});

describe('a machine is left a message', () => {
  test('after its beep, once, from the beginning', () => {
    const run = start(leave, { record: true });
    run.heard('machine');
    clock.advance(10_000);
    expect(did).toEqual([]);
    run.beep();
    run.beep();
    run.silence();
    expect(did).toEqual(['play notice+machine']);
    expect(run.messageLeft).toBe(false);
    run.played(lastJob);
    expect(did).toEqual(['play notice+machine', 'hang up']);
    expect(run.messageLeft).toBe(true);
    expect(run.outcome(completed)).toEqual({ status: 'voicemail' });
    expect(run.outcome({ status: 'failed', reason: 'engine_failed' }).status).toBe('failed');
    clock.advance(60_000);
    expect(did).toHaveLength(2);
  });

  test('when its greeting has ended without a beep', () => {
    const run = start(leave);
    run.heard('machine');
    run.silence();
    expect(did).toEqual(['play machine']);
  });

  test('after half a minute of greeting', () => {
    const run = start(leave);
    run.heard('machine');
    clock.advance(29_999);
    expect(did).toEqual([]);
    clock.advance(1);
    expect(did).toEqual(['play machine']);
    // The mailbox beeps at last: only what is said from now on is kept.
    const early = lastJob;
    run.beep();
    expect(did).toEqual(['play machine', 'stop', 'play machine']);
    run.played(early);
    expect(run.messageLeft).toBe(false);
    run.played(lastJob);
    expect(did.at(-1)).toBe('hang up');
  });

  test.each(['beep first', 'verdict first'])('that was taken for a person, as soon as it beeps (%s)', (order) => {
    const run = start(leave, { keys: { '1': { action: 'hangup' } } });
    run.heard('human');
    const message = lastJob;
    if (order === 'verdict first') expect(run.heard('machine')).toBe(true);
    run.beep();
    if (order === 'beep first') expect(run.heard('machine')).toBe(true);
    expect(did).toEqual(['play message', 'stop', 'play machine']);
    run.played(message);
    clock.advance(60_000);
    expect(did).toHaveLength(3);
    expect(run.verdict).toBe('machine');
  });

  test('and is spoken to as a person when it turns out to be one', () => {
    const run = start(leave);
    run.heard('machine');
    run.heard('human');
    expect(did).toEqual(['play message']);
    clock.advance(60_000);
    expect(did).toHaveLength(1);
  });
});

describe('a machine', () => {
  test('is hung up on with `hangup`', () => {
    const run = start({ on: 'hangup' });
    run.heard('machine');
    run.beep();
    expect(did).toEqual(['hang up']);
    expect(run.outcome(completed)).toEqual({ status: 'voicemail' });
    expect(run.messageLeft).toBe(false);
  });

  test('is spoken to as a person with `continue`', () => {
    const run = start({ on: 'continue' });
    run.heard('machine');
    run.beep();
    run.heard('machine');
    expect(did).toEqual(['play message']);
    expect(run.verdict).toBe('machine');
    expect(run.outcome(completed)).toEqual(completed);
  });
});

test.each([
  ['fax', 'fax'],
  ['network', 'network_announcement'],
] as const)('%s ends the call as failed, also after it was spoken to', (verdict, reason) => {
  const run = start(leave);
  run.heard('unknown');
  run.heard(verdict);
  expect(did).toEqual(['play message', 'hang up']);
  expect(run.outcome(completed)).toEqual({ status: 'failed', reason });
});

test('once closed nothing happens any more', () => {
  const run = start(leave);
  run.heard('machine');
  run.close();
  clock.advance(60_000);
  run.beep();
  run.digit('1');
  expect(did).toEqual([]);
  expect(clock.nextAt).toBeUndefined();
});
