import { beforeEach, describe, expect, test } from 'vitest';
import { HeldClock } from '#test/held-clock.js';
import { CodeRun } from '#core/calls/code-run.js';
import type { CodeScript } from '#core/calls/call-script.js';
import type { MachineVerdict } from '#voice/engine.js';

/** What the leg is told, and when the code counts as heard. */
let clock: HeldClock;
let told: string[];

beforeEach(() => {
  clock = new HeldClock();
  told = [];
});

function answered(more: Partial<CodeScript> = {}): CodeRun {
  const script: CodeScript = {
    kind: 'code',
    verification: 'otp_1',
    language: 'en-US',
    voice: { asked: 'v', used: 'v', degraded: false },
    readings: 2,
    onMachine: 'fail',
    ...more,
  };
  const leg = {
    play: (job: string, prompts: string[]) => void told.push(`${job}: ${prompts.join(' ')}`),
    stopPlaying: () => void told.push('stop'),
    hangup: () => void told.push('hang up'),
    listen: () => void told.push('listen'),
    stopListening: () => void told.push('stop listening'),
    codeHeard: () => void told.push('heard'),
  };
  const run = new CodeRun(script, leg, clock);
  run.start();
  return run;
}

test('a person hears it as often as told, and it counts from the end of the first reading', () => {
  const run = answered();
  expect(told).toEqual(['listen']);
  run.heard('human');
  run.played('reading-1');
  run.played('reading-2');
  run.played('goodbye');
  expect(told).toEqual([
    'listen',
    'reading-1: intro code',
    'heard',
    'reading-2: again code',
    'goodbye: goodbye',
    'hang up',
  ]);
  expect(run.outcome({ status: 'completed' })).toEqual({ status: 'completed' });
  expect(run.verdict).toBe('human');
});

describe('the code is not spoken to', () => {
  test.each<[MachineVerdict, object]>([
    ['machine', { status: 'voicemail' }],
    ['screening', { status: 'completed' }],
    ['silence', { status: 'completed' }],
    ['unknown', { status: 'completed' }],
    ['fax', { status: 'failed', reason: 'fax' }],
    ['network', { status: 'failed', reason: 'network_announcement' }],
  ])('%s', (verdict, outcome) => {
    const run = answered();
    expect(run.heard(verdict)).toBe(true);
    expect(told).toEqual(['listen', 'hang up']);
    expect(run.outcome({ status: 'completed' })).toEqual(outcome);
    clock.advance(60_000);
    expect(told).toHaveLength(2);
  });

  test('an engine that never says who answered', () => {
    answered();
    clock.advance(8000);
    expect(told).toEqual(['listen', 'hang up']);
  });

  test('a beep, or the end of listening, before any verdict', () => {
    answered().beep();
    answered().listened();
    expect(told).toEqual(['listen', 'hang up', 'listen', 'hang up']);
  });
});

test('a mailbox that was taken for a person is left in the middle of the code', () => {
  const run = answered();
  run.heard('human');
  run.heard('machine');
  expect(told).toEqual(['listen', 'reading-1: intro code', 'stop', 'hang up']);
  expect(run.outcome({ status: 'completed' })).toEqual({ status: 'voicemail' });
});

test('what was heard once stays heard when it turns out to be a mailbox', () => {
  const run = answered();
  run.heard('human');
  run.played('reading-1');
  run.beep();
  expect(told.slice(-2)).toEqual(['stop', 'hang up']);
  expect(run.outcome({ status: 'completed' })).toEqual({ status: 'completed' });
});

describe('where whoever answers is asked to press 1', () => {
  test('1 proves a person, whatever is heard after it', () => {
    const run = answered({ onMachine: 'press_1', readings: 1 });
    run.heard('machine');
    run.digit('5');
    expect(told).toEqual(['listen', 'ask-1: press_1']);
    run.digit('1');
    expect(run.heard('machine')).toBe(false);
    run.beep();
    run.played('reading-1');
    run.played('goodbye');
    expect(told.slice(2)).toEqual([
      'stop listening',
      'stop',
      'reading-1: intro code',
      'heard',
      'goodbye: goodbye',
      'hang up',
    ]);
    expect(run.verdict).toBe('human');
  });

  test('silence is asked twice, ten seconds apart, and hears nothing', () => {
    const run = answered({ onMachine: 'press_1' });
    run.heard('silence');
    run.played('ask-1');
    clock.advance(10_000);
    run.played('ask-2');
    clock.advance(10_000);
    expect(told).toEqual(['listen', 'ask-1: press_1', 'ask-2: press_1', 'hang up']);
  });

  test('a fax is not asked', () => {
    answered({ onMachine: 'press_1' }).heard('fax');
    expect(told).toEqual(['listen', 'hang up']);
  });

  test('a key while somebody is still listened to is no answer to a question that was not asked', () => {
    const run = answered({ onMachine: 'press_1' });
    run.digit('1');
    expect(told).toEqual(['listen']);
    expect(run.actionOf()).toBeUndefined();
  });
});
