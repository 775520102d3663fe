import { describe, expect, test } from 'vitest';
import { dayOf, minuteOf } from '#core/registrations/caps.js';

describe('the day of the caps is one of Pacific time', () => {
  test.each([
    ['in winter', '2026-01-15T07:59:59.999Z', '2026-01-14T08:00:00.000Z', '2026-01-15T08:00:00.000Z'],
    ['at midnight', '2026-01-15T08:00:00.000Z', '2026-01-15T08:00:00.000Z', '2026-01-16T08:00:00.000Z'],
    ['in summer', '2026-07-01T12:00:00.500Z', '2026-07-01T07:00:00.000Z', '2026-07-02T07:00:00.000Z'],
    ['of 23 hours, before the change', '2026-03-08T09:30:00Z', '2026-03-08T08:00:00.000Z', '2026-03-09T07:00:00.000Z'],
    ['of 23 hours, after the change', '2026-03-08T20:00:00Z', '2026-03-08T08:00:00.000Z', '2026-03-09T07:00:00.000Z'],
    ['of 25 hours, before the change', '2026-11-01T08:30:00Z', '2026-11-01T07:00:00.000Z', '2026-11-02T08:00:00.000Z'],
    ['of 25 hours, in its last hour', '2026-11-02T07:30:00Z', '2026-11-01T07:00:00.000Z', '2026-11-02T08:00:00.000Z'],
  ])('%s', (_what, at, startsAt, opensAt) => {
    const day = dayOf(new Date(at));
    expect([day.startsAt.toISOString(), day.opensAt.toISOString()]).toEqual([startsAt, opensAt]);
  });
});

test('a minute is one of the clock', () => {
  const { startsAt, opensAt } = minuteOf(new Date('2026-01-15T07:59:59.999Z'));
  expect([startsAt.toISOString(), opensAt.toISOString()]).toEqual([
    '2026-01-15T07:59:00.000Z',
    '2026-01-15T08:00:00.000Z',
  ]);
});
