import { describe, expect, test } from 'vitest';
import { callerNumber, shownCaller } from '#core/calls/caller-number.js';
import type { CallerEvidence } from '#voice/engine.js';

describe('whoever calls in', () => {
  const ANN = '+12125550100';
  const BOB = '+12125550111';
  const cases: [
    what: string,
    from: string,
    caller: CallerEvidence | undefined,
    number: string | undefined,
    shown: string,
  ][] = [
    ['shows a number', ANN, undefined, ANN, ANN],
    ['is vouched for by their network', ANN, { asserted: BOB }, BOB, BOB],
    ['is vouched for with what is no number', ANN, { asserted: 'front-desk' }, ANN, ANN],
    ['is vouched for and shows nothing', 'anonymous', { asserted: BOB }, BOB, BOB],
    ['withholds the number', ANN, { asserted: BOB, private: true }, undefined, 'anonymous'],
    ['has a name for a number', 'anonymous', undefined, undefined, 'anonymous'],
    ['has an extension', '101', undefined, undefined, '101'],
    ['has nothing', '', undefined, undefined, 'anonymous'],
    ['has too much', 'x'.repeat(500), undefined, undefined, 'x'.repeat(64)],
    ['has a signature that is right', ANN, { verstat: 'TN-Validation-Passed' }, ANN, ANN],
    ['has none', ANN, { verstat: 'No-TN-Validation' }, ANN, ANN],
    ['has a signature that is wrong', ANN, { verstat: 'TN-Validation-Failed-A' }, undefined, ANN],
  ];

  test.each(cases)('%s', (_what, from, caller, number, shown) => {
    const call = caller === undefined ? { from } : { from, caller };
    expect(callerNumber(call)).toBe(number);
    expect(shownCaller(call)).toBe(shown);
  });
});
