import { expect, test } from 'vitest';
import { atLocalTime } from '#core/calling-hours/index.js';

test.each([
  ['UTC', '2026-03-02T09:00', '2026-03-02T09:00:00.000Z'],
  ['America/New_York', '2026-03-02T09:00:30', '2026-03-02T14:00:30.000Z'],
  ['America/New_York', '2026-07-02T09:00', '2026-07-02T13:00:00.000Z'],
  // Skipped: half past two is half an hour after the change.
  ['America/New_York', '2026-03-08T02:30', '2026-03-08T07:30:00.000Z'],
  ['America/New_York', '2026-03-08T03:00', '2026-03-08T07:00:00.000Z'],
  ['America/New_York', '2026-03-08T09:00', '2026-03-08T13:00:00.000Z'],
  // Comes twice.
  ['America/New_York', '2026-11-01T01:30', '2026-11-01T05:30:00.000Z'],
  ['America/New_York', '2026-11-01T02:00', '2026-11-01T07:00:00.000Z'],
  ['Europe/Berlin', '2026-03-29T12:00', '2026-03-29T10:00:00.000Z'],
  ['Australia/Lord_Howe', '2026-10-04T09:00', '2026-10-03T22:00:00.000Z'],
])('%s at %s is %s', (zone, text, expected) => {
  expect(atLocalTime(zone, text)?.toISOString()).toBe(expected);
});

test.each(['2026-13-01T00:00', 'tomorrow', '2026-03-02', '2026-03-02T09:00Z'])('%s is no time', (text) => {
  expect(atLocalTime('UTC', text)).toBeUndefined();
});
