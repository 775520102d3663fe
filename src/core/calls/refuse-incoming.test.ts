import { describe, expect, test } from 'vitest';
import { MOST_INCOMING, refusalOf } from '#core/calls/refuse-incoming.js';

describe('a call that comes in', () => {
  const quiet = { incoming: 0, draining: false };

  test('is looked at', () => {
    expect(refusalOf(quiet)).toBeUndefined();
  });

  test('is one too many where so many are looked at already', () => {
    expect(refusalOf({ ...quiet, incoming: MOST_INCOMING - 1 })).toBeUndefined();
    expect(refusalOf({ ...quiet, incoming: MOST_INCOMING })).toBe(486);
  });

  test('is sent elsewhere while the server stops', () => {
    expect(refusalOf({ ...quiet, draining: true })).toBe(503);
  });
});
