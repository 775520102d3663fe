import { describe, expect, test } from 'vitest';
import { hours } from '#core/call-flow/configuration.fixture.js';
import { hoursState, scheduleIsOpen, type Hours } from '#core/call-flow/index.js';
import { WEEKDAYS } from '#core/calling-hours/index.js';

const isOpen = (given: Partial<Hours>, at: string): boolean => hoursState(hours(given), new Date(at)).open;
const daily = (start: string, end: string): Pick<Hours, 'weekly'> => ({ weekly: [{ start, end, days: WEEKDAYS }] });

describe('the week', () => {
  test.each([
    // The Friday before and the Monday after the clocks go forward and back in New York: 18:00 is another moment.
    ['America/New_York', '2026-03-06T22:59:59Z', '2026-03-06T23:00:00Z'],
    ['America/New_York', '2026-03-09T21:59:59Z', '2026-03-09T22:00:00Z'],
    ['America/New_York', '2026-10-30T21:59:59Z', '2026-10-30T22:00:00Z'],
    ['America/New_York', '2026-11-02T22:59:59Z', '2026-11-02T23:00:00Z'],
    ['Europe/Berlin', '2026-03-30T15:59:59Z', '2026-03-30T16:00:00Z'],
    ['Asia/Kolkata', '2026-03-30T12:29:59Z', '2026-03-30T12:30:00Z'],
  ])('in %s is open at 17:59:59, %s, and closed at 18:00:00', (timeZone, before, after) => {
    expect([isOpen({ timeZone }, before), isOpen({ timeZone }, after)]).toEqual([true, false]);
  });

  test.each([
    // On the very days: 8 March and 1 November 2026 in New York, 29 March and 25 October in Berlin, Sundays all.
    ['America/New_York', '2026-03-08T21:59:59Z', '2026-03-08T22:00:00Z'],
    ['America/New_York', '2026-11-01T22:59:59Z', '2026-11-01T23:00:00Z'],
    ['Europe/Berlin', '2026-03-29T15:59:59Z', '2026-03-29T16:00:00Z'],
    ['Europe/Berlin', '2026-10-25T16:59:59Z', '2026-10-25T17:00:00Z'],
    // Half an hour, at two in the morning.
    ['Australia/Lord_Howe', '2026-04-05T07:29:59Z', '2026-04-05T07:30:00Z'],
  ])('in %s on the day that the clocks change: %s, %s', (timeZone, before, after) => {
    const given = { timeZone, ...daily('09:00', '18:00') };
    expect([isOpen(given, before), isOpen(given, after)]).toEqual([true, false]);
  });

  test('has no hour that is skipped, and one twice that comes twice', () => {
    const night = { timeZone: 'America/New_York', ...daily('02:00', '03:00') };
    for (let minute = 0; minute < 24 * 60; minute++) {
      const at = new Date(Date.UTC(2026, 2, 8, 5, minute));
      expect(hoursState(hours(night), at).open).toBe(false);
    }
    const early = { timeZone: 'America/New_York', ...daily('01:00', '02:00') };
    expect(isOpen(early, '2026-11-01T05:30:00Z')).toBe(true);
    expect(isOpen(early, '2026-11-01T06:30:00Z')).toBe(true);
    expect(isOpen(early, '2026-11-01T07:00:00Z')).toBe(false);
  });

  test('over midnight belongs to the day of the start', () => {
    const friday: Partial<Hours> = {
      timeZone: 'Europe/Paris',
      weekly: [{ start: '22:00', end: '02:00', days: ['fri'] }],
    };
    expect(isOpen(friday, '2026-01-09T21:00:00Z')).toBe(true);
    expect(isOpen(friday, '2026-01-10T00:59:59Z')).toBe(true);
    expect(isOpen(friday, '2026-01-10T01:00:00Z')).toBe(false);
    expect(isOpen(friday, '2026-01-10T21:00:00Z')).toBe(false);
  });

  test('agrees with the clock on the wall, minute by minute through a year of changes', () => {
    const given = hours({ timeZone: 'Europe/London', ...daily('08:15', '01:30') });
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/London', hour: '2-digit', minute: '2-digit' });
    for (let at = Date.UTC(2026, 2, 27); at < Date.UTC(2026, 2, 31); at += 60_000) {
      const says = clock.format(at);
      expect([at, hoursState(given, new Date(at)).open]).toEqual([at, says >= '08:15' || says < '01:30']);
    }
  });
});

describe('holidays', () => {
  const holiday = (more: Partial<Hours['holidays'][number]>): Partial<Hours> => ({
    timeZone: 'Europe/Berlin',
    holidays: [{ date: '2026-12-24', name: 'Christmas Eve', windows: [], destination: null, ...more }],
  });

  test('close the whole day in the zone of the hours, and send calls elsewhere', () => {
    expect(hoursState(hours(holiday({})), new Date('2026-12-24T10:00:00Z'))).toEqual({
      open: false,
      because: 'Closed: Christmas Eve',
      destination: { type: 'hangup' },
    });
    const elsewhere = hours(holiday({ destination: { type: 'directory' } }));
    expect(hoursState(elsewhere, new Date('2026-12-24T10:00:00Z')).destination).toEqual({ type: 'directory' });
    expect(hoursState(elsewhere, new Date('2026-12-23T22:59:59Z')).because).toBe('Closed by the week');
    expect(hoursState(elsewhere, new Date('2026-12-23T23:00:00Z')).because).toBe('Closed: Christmas Eve');
    expect(hoursState(elsewhere, new Date('2026-12-24T23:00:00Z')).because).toBe('Closed by the week');
  });

  test('are open after all in their windows, to the end of the day', () => {
    const given = holiday({
      windows: [
        { start: '09:00', end: '12:00' },
        { start: '20:00', end: '24:00' },
      ],
    });
    expect(isOpen(given, '2026-12-24T08:00:00Z')).toBe(true);
    expect(isOpen(given, '2026-12-24T11:00:00Z')).toBe(false);
    expect(isOpen(given, '2026-12-24T22:59:59Z')).toBe(true);
    expect(isOpen(given, '2026-12-24T23:00:00Z')).toBe(false);
  });

  test('of every year give way to one of that date, and stop hours that would reach over midnight', () => {
    const given = hours({
      timeZone: 'UTC',
      ...daily('22:00', '02:00'),
      holidays: [
        { date: '12-25', name: 'every year', windows: [], destination: null },
        { date: '2026-12-25', name: 'this year', windows: [], destination: null },
        { date: '02-29', name: 'leap day', windows: [], destination: null },
      ],
    });
    const because = (at: string): string => hoursState(given, new Date(at)).because;
    expect(because('2026-12-25T23:00:00Z')).toBe('Closed: this year');
    expect(because('2027-12-25T23:00:00Z')).toBe('Closed: every year');
    expect(because('2028-02-29T23:00:00Z')).toBe('Closed: leap day');
    expect(because('2026-12-26T01:00:00Z')).toBe('Closed by the week');
    expect(because('2026-12-27T01:00:00Z')).toBe('Open by the week');
  });
});

test('what is set by hand goes before all, until it ends', () => {
  const closed: Partial<Hours> = { override: { mode: 'closed', until: '2026-06-03T15:00:00Z' } };
  expect(isOpen(closed, '2026-06-03T14:59:59Z')).toBe(false);
  expect(isOpen(closed, '2026-06-03T15:00:00Z')).toBe(true);
  expect(isOpen({ override: { mode: 'open', until: null } }, '2026-12-27T03:00:00Z')).toBe(true);
});

test('a schedule without a zone has that of the hours', () => {
  const windows = [{ start: '09:00', end: '17:00', days: WEEKDAYS }];
  const at = new Date('2026-06-03T08:30:00Z');
  expect(scheduleIsOpen({ name: 'Day', timeZone: null, windows }, 'Europe/Berlin', at)).toBe(true);
  expect(scheduleIsOpen({ name: 'Day', timeZone: 'UTC', windows }, 'Europe/Berlin', at)).toBe(false);
  expect(scheduleIsOpen({ name: 'Day', timeZone: null, windows }, undefined, at)).toBe(false);
});
