import { beforeEach, describe, expect, test } from 'vitest';
import type { MessageScript, KeyAction } from '#core/calls/call-script.js';
import { KEY_WAIT_MS, ScriptRun, type Prompt, type ScriptLeg } from '#core/calls/script-run.js';
import { HeldClock } from '#test/held-clock.js';

/** Rule 8, on a leg that only remembers. */
let clock: HeldClock;
let leg: RememberingLeg;

class RememberingLeg implements ScriptLeg {
  /** `play message`, `stop`, `hang up`, in order. */
  readonly did: string[] = [];
  lastJob = '';

  play(job: string, prompts: Prompt[]): void {
    this.lastJob = job;
    this.did.push(`play ${prompts.join('+')}`);
  }

  stopPlaying(): void {
    this.did.push('stop');
  }

  hangup(): void {
    this.did.push('hang up');
  }
}

beforeEach(() => {
  clock = new HeldClock();
  leg = new RememberingLeg();
});

function start(keys: Record<string, KeyAction>, record = false): ScriptRun {
  const script: MessageScript = { message: 'Hello.', voice: { asked: 'a', used: 'a', degraded: false }, keys };
  const run = new ScriptRun(script, record, leg, clock);
  run.start();
  return run;
}

/** What is being played has been heard to its end. */
function heard(run: ScriptRun): void {
  run.played(leg.lastJob);
}

const hook = (more: Partial<KeyAction> = {}): KeyAction => ({
  action: 'webhook',
  url: 'https://example.com/',
  ...more,
});

describe('a call without keys', () => {
  test('speaks its message once and hangs up', () => {
    const run = start({});
    expect(leg.did).toEqual(['play message']);
    heard(run);
    expect(leg.did).toEqual(['play message', 'hang up']);
    clock.advance(60_000);
    expect(leg.did).toHaveLength(2);
  });

  test('that is recorded says so first', () => {
    start({}, true);
    expect(leg.did).toEqual(['play notice+message']);
  });

  test('lets no key interrupt it', () => {
    const run = start({});
    run.digit('1');
    expect(leg.did).toEqual(['play message']);
  });
});

describe('a call with keys but none pressed', () => {
  test('waits ten seconds, repeats once, waits again, and hangs up', () => {
    const run = start({ '1': hook() }, true);
    heard(run);
    clock.advance(KEY_WAIT_MS - 1);
    expect(leg.did).toEqual(['play notice+message']);
    clock.advance(1);
    // Whoever heard the notice need not hear it twice.
    expect(leg.did.slice(1)).toEqual(['play message']);
    heard(run);
    clock.advance(KEY_WAIT_MS - 1);
    expect(leg.did).toHaveLength(2);
    clock.advance(1);
    expect(leg.did.slice(2)).toEqual(['hang up']);
    clock.advance(60_000);
    expect(leg.did).toHaveLength(3);
  });

  test('counts its ten seconds from the end of the message', () => {
    const run = start({ '1': hook() });
    clock.advance(60_000);
    expect(leg.did).toEqual(['play message']);
    heard(run);
    clock.advance(KEY_WAIT_MS);
    expect(leg.did).toEqual(['play message', 'play message']);
  });
});

describe('a key during the message', () => {
  const cases: [what: string, action: KeyAction, then: string[]][] = [
    ['hangup', { action: 'hangup' }, ['stop', 'hang up']],
    ['hangup with a sentence', { action: 'hangup', say: 'Bye.' }, ['stop', 'play say:1', '…', 'hang up']],
    ['optout', { action: 'optout' }, ['stop', 'hang up']],
    ['optout with a sentence', { action: 'optout', say: 'Done.' }, ['stop', 'play say:1', '…', 'hang up']],
    ['repeat', { action: 'repeat' }, ['stop', 'play message']],
    ['repeat with a sentence', { action: 'repeat', say: 'Again.' }, ['stop', 'play say:1+message']],
    ['webhook', hook(), ['stop', 'play thanks', '…', 'hang up']],
    ['webhook, then hangup', hook({ then: 'hangup' }), ['stop', 'play thanks', '…', 'hang up']],
    ['webhook with a sentence', hook({ say: 'Noted.' }), ['stop', 'play say:1', '…', 'hang up']],
    ['webhook, then repeat', hook({ then: 'repeat' }), ['stop', 'play message']],
    ['webhook, then repeat, with a sentence', hook({ then: 'repeat', say: 'Ok.' }), ['stop', 'play say:1+message']],
    ['webhook, then continue', hook({ then: 'continue' }), ['…']],
    ['webhook, then continue, with a sentence', hook({ then: 'continue', say: 'Ok.' }), ['stop', 'play say:1', '…']],
  ];
  test.each(cases)('%s', (_what, action, then) => {
    const run = start({ '1': action });
    run.digit('1');
    for (const step of then) if (step === '…') heard(run);
    expect(leg.did).toEqual(['play message', ...then.filter((step) => step !== '…')]);
  });

  test.each([['continue'], ['repeat']] as const)('with %s leaves ten seconds for the next one', (after) => {
    const run = start({ '1': hook({ then: after, say: 'Ok.' }), '2': { action: 'hangup' } });
    run.digit('1');
    heard(run);
    clock.advance(KEY_WAIT_MS - 1);
    expect(leg.did.at(-1)).toMatch(/^play say:1/);
    run.digit('2');
    expect(leg.did.at(-1)).toBe('hang up');
  });

  test('without an action changes nothing', () => {
    const run = start({ '1': hook() });
    expect(run.actionOf('5')).toBeUndefined();
    run.digit('5');
    heard(run);
    clock.advance(KEY_WAIT_MS - 1);
    run.digit('#');
    clock.advance(1);
    expect(leg.did).toEqual(['play message', 'play message']);
  });

  test('does nothing more once the call comes to its end', () => {
    const run = start({ '1': hook(), '2': { action: 'repeat' } });
    expect(run.actionOf('1')).toMatchObject({ action: 'webhook' });
    run.digit('1');
    expect(run.actionOf('1')).toBeUndefined();
    run.digit('2');
    run.digit('1');
    heard(run);
    expect(leg.did).toEqual(['play message', 'stop', 'play thanks', 'hang up']);
  });
});

describe('a key after the message', () => {
  test('finds nothing to stop, and ends the wait', () => {
    const run = start({ '1': hook(), '2': { action: 'repeat' } });
    heard(run);
    clock.advance(5000);
    run.digit('2');
    expect(leg.did).toEqual(['play message', 'play message']);
    clock.advance(60_000);
    expect(leg.did).toHaveLength(2);
    heard(run);
    clock.advance(KEY_WAIT_MS);
    // Asked for or not: the message was heard twice.
    expect(leg.did).toEqual(['play message', 'play message', 'hang up']);
  });

  test('with continue begins the ten seconds anew', () => {
    const run = start({ '1': hook({ then: 'continue' }) });
    heard(run);
    clock.advance(9000);
    run.digit('1');
    clock.advance(9000);
    expect(leg.did).toEqual(['play message']);
    clock.advance(1000);
    expect(leg.did).toEqual(['play message', 'play message']);
  });
});

test('the end of a prompt that was stopped means nothing', () => {
  const run = start({ '1': hook() });
  const stopped = leg.lastJob;
  run.digit('1');
  run.played(stopped);
  expect(leg.did).toEqual(['play message', 'stop', 'play thanks']);
});

test('the repeat key has an end', () => {
  const run = start({ '1': { action: 'repeat' } });
  for (let press = 0; press < 50; press++) run.digit('1');
  expect(leg.did.filter((step) => step === 'play message')).toHaveLength(20);
  expect(leg.did.at(-1)).toBe('hang up');
});

test('once closed nothing happens any more', () => {
  const run = start({ '1': hook() });
  heard(run);
  run.close();
  run.digit('1');
  clock.advance(60_000);
  expect(leg.did).toEqual(['play message']);
  expect(clock.nextAt).toBeUndefined();
});
