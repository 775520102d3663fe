import { describe, expect, test } from 'vitest';
import { MOST_INCOMING, refusalOf } from '#core/calls/refuse-incoming.js';
import type { LegOrigin } from '#voice/engine.js';

describe('a call that comes in', () => {
  const trunk: LegOrigin = { kind: 'trunk', trunk: 'trk_1' };
  const quiet = { incoming: 0, draining: false };

  test('from a trunk is looked at', () => {
    expect(refusalOf(trunk, quiet)).toBeUndefined();
  });

  test('from a phone leads nowhere yet', () => {
    expect(refusalOf({ kind: 'phone', phone: 'pho_1' }, quiet)).toBe(480);
  });

  test('is one too many where so many are looked at already', () => {
    expect(refusalOf(trunk, { ...quiet, incoming: MOST_INCOMING - 1 })).toBeUndefined();
    expect(refusalOf(trunk, { ...quiet, incoming: MOST_INCOMING })).toBe(486);
  });

  test('is sent elsewhere while the server stops', () => {
    expect(refusalOf(trunk, { ...quiet, draining: true })).toBe(503);
  });
});
