import { describe, expect, test } from 'vitest';
import { AREA_CODE_ZONES } from '#core/calling-hours/area-code-zones.js';
import { COUNTRY_ZONES } from '#core/calling-hours/country-zones.js';
import {
  checkCallingHours,
  isOpen,
  isTimeZone,
  MARKETING_HOURS,
  nextOpening,
  WEEKDAYS,
  zonesOf,
  type CallingHours,
} from '#core/calling-hours/index.js';

const at = (text: string): Date => new Date(text);
const daily = (start: string, end: string): CallingHours => ({ start, end, days: WEEKDAYS });

const clocks = new Map<string, Intl.DateTimeFormat>();
function clockOf(timeZone: string): Intl.DateTimeFormat {
  const made = { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit' } as const;
  const clock = clocks.get(timeZone) ?? new Intl.DateTimeFormat('en-GB', made);
  clocks.set(timeZone, clock);
  return clock;
}

/** What the wall clock of a zone says, by asking the platform for each moment. */
function wallClockSays(hours: CallingHours, zone: string, moment: Date): boolean {
  const text = clockOf(zone).format(moment);
  const [, day = '', hour = '', minute = ''] = /^(\w+),? (\d+):(\d+)$/.exec(text) ?? [];
  const today = WEEKDAYS.findIndex((name) => day.toLowerCase() === name);
  const minutes = Number(hour) * 60 + Number(minute);
  const [from, end] = [hours.start, hours.end].map((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3)));
  const to = end! > from! ? end! : end! + 1440;
  const on = (index: number): boolean => hours.days.includes(WEEKDAYS[(index + 7) % 7]!);
  return (on(today) && minutes >= from! && minutes < to) || (on(today - 1) && minutes + 1440 < to);
}

describe('zones of numbers', () => {
  test.each([
    ['+12125550100', ['America/New_York']],
    ['+16025550100', ['America/Phoenix']],
    ['+19285550100', ['America/Denver', 'America/Phoenix']],
    ['+18505550100', ['America/New_York', 'America/Chicago']],
    ['+18085550100', ['Pacific/Honolulu']],
    ['+17095550100', ['America/St_Johns', 'America/Halifax']],
    ['+16715550100', ['Pacific/Guam']],
    ['+442079460000', ['Europe/London']],
    ['+4930123456', ['Europe/Paris']],
    ['+34922123456', ['Atlantic/Canary']],
    ['+34612345678', ['Europe/Paris', 'Atlantic/Canary']],
    ['+74951234567', ['Europe/Moscow']],
    ['+77012345678', ['Asia/Almaty']],
    ['+5511912345678', ['America/Sao_Paulo']],
    ['+5568912345678', ['America/Rio_Branco']],
    ['+61733334444', ['Australia/Sydney', 'Australia/Brisbane']],
  ])('%s', (number, zones) => {
    expect(zonesOf(number)).toEqual(zones);
  });

  test('without a place, every zone of the country', () => {
    for (const number of ['+18005550100', '+15005550001']) {
      expect(zonesOf(number)).toEqual(expect.arrayContaining(['America/St_Johns', 'Pacific/Honolulu']));
    }
    expect(zonesOf('+79161234567')).toHaveLength(11);
    expect(zonesOf('+61412345678')).toContain('Australia/Perth');
    expect(zonesOf('+870776123456').length).toBeGreaterThan(5);
  });

  test('every country code has its zones, and the platform knows them all', () => {
    const named = `${COUNTRY_ZONES} ${AREA_CODE_ZONES}`.match(/[A-Z]\w+\/[\w-]+/g) ?? [];
    expect([...new Set(named)].filter((zone) => !isTimeZone(zone))).toEqual([]);
    const prefixes = COUNTRY_ZONES.match(/\b\d+\b/g) ?? [];
    expect(prefixes).toHaveLength(new Set(prefixes).size);
    const areas = AREA_CODE_ZONES.match(/\b\d{3}\b/g) ?? [];
    expect(areas).toHaveLength(new Set(areas).size);
    expect(areas.length).toBeGreaterThan(440);
  });
});

describe('calling hours', () => {
  test('begin at their start and are over at their end', () => {
    const hours = daily('09:00', '17:30');
    const zones = ['Europe/London'];
    expect(isOpen(hours, zones, at('2026-01-05T08:59:59Z'))).toBe(false);
    expect(isOpen(hours, zones, at('2026-01-05T09:00:00Z'))).toBe(true);
    expect(isOpen(hours, zones, at('2026-01-05T17:29:59Z'))).toBe(true);
    expect(isOpen(hours, zones, at('2026-01-05T17:30:00Z'))).toBe(false);
    expect(nextOpening(hours, zones, at('2026-01-05T17:30:00Z'))).toEqual(at('2026-01-06T09:00:00Z'));
    expect(nextOpening(hours, zones, at('2026-01-05T12:34:56.789Z'))).toEqual(at('2026-01-05T12:34:56.789Z'));
  });

  test('are open only where they are open in every zone', () => {
    const zones = ['America/New_York', 'America/Los_Angeles'];
    expect(nextOpening(daily('09:00', '17:00'), zones, at('2026-01-05T00:00:00Z'))).toEqual(at('2026-01-05T17:00:00Z'));
    expect(isOpen(daily('09:00', '17:00'), zones, at('2026-01-05T22:00:00Z'))).toBe(false);
    // Newfoundland to Hawaii: an hour in the morning is over in the east before it begins in the west.
    expect(nextOpening(daily('09:00', '10:00'), zonesOf('+18005550100'), at('2026-01-05T00:00:00Z'))).toBeUndefined();
    expect(nextOpening(MARKETING_HOURS, zonesOf('+18005550100'), at('2026-01-05T00:30:00Z'))).toEqual(
      at('2026-01-05T18:00:00Z'),
    );
  });

  test('skip an hour in New York in spring, and have it twice in autumn', () => {
    const zones = ['America/New_York'];
    // 8 March 2026: 02:00 EST is 03:00 EDT.
    const night = daily('02:00', '03:00');
    expect(nextOpening(night, zones, at('2026-03-08T06:00:00Z'))).toEqual(at('2026-03-09T06:00:00Z'));
    expect(nextOpening(MARKETING_HOURS, zones, at('2026-03-07T13:00:00Z'))).toEqual(at('2026-03-07T13:00:00Z'));
    expect(nextOpening(MARKETING_HOURS, zones, at('2026-03-08T05:00:00Z'))).toEqual(at('2026-03-08T12:00:00Z'));
    // 1 November 2026: 02:00 EDT is 01:00 EST.
    const one = daily('01:00', '02:00');
    expect(isOpen(one, zones, at('2026-11-01T05:30:00Z'))).toBe(true);
    expect(isOpen(one, zones, at('2026-11-01T06:30:00Z'))).toBe(true);
    expect(isOpen(one, zones, at('2026-11-01T07:00:00Z'))).toBe(false);
    expect(nextOpening(MARKETING_HOURS, zones, at('2026-11-01T06:00:00Z'))).toEqual(at('2026-11-01T13:00:00Z'));
  });

  test('over the night belong to the day of their start', () => {
    const hours: CallingHours = { start: '22:00', end: '02:00', days: ['fri'] };
    const zones = ['Europe/Paris'];
    expect(isOpen(hours, zones, at('2026-01-09T21:30:00Z'))).toBe(true);
    expect(isOpen(hours, zones, at('2026-01-10T00:59:00Z'))).toBe(true);
    expect(isOpen(hours, zones, at('2026-01-10T01:00:00Z'))).toBe(false);
    expect(isOpen(hours, zones, at('2026-01-10T21:30:00Z'))).toBe(false);
    expect(nextOpening(hours, zones, at('2026-01-10T01:00:00Z'))).toEqual(at('2026-01-16T21:00:00Z'));
    expect(isOpen(daily('08:00', '08:00'), zones, at('2026-01-10T06:30:00Z'))).toBe(true);
  });

  test.each([
    ['America/New_York', '2026-03-06T00:00:00Z'],
    ['America/New_York', '2026-10-30T00:00:00Z'],
    // Half an hour: 5 April and 4 October 2026.
    ['Australia/Lord_Howe', '2026-04-02T00:00:00Z'],
    ['Australia/Lord_Howe', '2026-10-01T00:00:00Z'],
    ['America/Phoenix', '2026-03-06T00:00:00Z'],
    ['Asia/Kathmandu', '2026-03-06T00:00:00Z'],
    ['Pacific/Chatham', '2026-04-02T00:00:00Z'],
    ['America/St_Johns', '2026-03-06T00:00:00Z'],
    ['Africa/Casablanca', '2026-02-13T00:00:00Z'],
  ])('are what the clocks of %s say from %s on', (zone, from) => {
    const choices: CallingHours[] = [
      MARKETING_HOURS,
      daily('00:00', '24:00'),
      { start: '01:15', end: '02:45', days: ['sat', 'sun'] },
      { start: '21:10', end: '02:20', days: ['sat', 'wed'] },
    ];
    for (const hours of choices) {
      const wrong: string[] = [];
      for (let minute = 0; minute < 5 * 1440; minute += 15) {
        const moment = new Date(at(from).getTime() + minute * 60_000);
        if (isOpen(hours, [zone], moment) !== wallClockSays(hours, zone, moment)) wrong.push(moment.toISOString());
      }
      expect(wrong).toEqual([]);
    }
  });

  test('are checked: times, days, and that there is a day', () => {
    expect(checkCallingHours({ start: '09:00', end: '24:00', days: ['sun', 'mon', 'sun'] })).toEqual({
      hours: { start: '09:00', end: '24:00', days: ['mon', 'sun'] },
    });
    expect(checkCallingHours({ start: '9:00', end: '17:00' })).toMatchObject({ field: 'start' });
    expect(checkCallingHours({ start: '24:00', end: '17:00' })).toMatchObject({ field: 'start' });
    expect(checkCallingHours({ start: '09:00', end: '24:01' })).toMatchObject({ field: 'end' });
    expect(checkCallingHours({ start: '09:00', end: '17:00', days: [] })).toMatchObject({ field: 'days' });
    expect(checkCallingHours({ start: '09:00', end: '17:00', days: ['monday'] })).toMatchObject({ field: 'days' });
    expect([isTimeZone('Europe/Berlin'), isTimeZone('Mars/Olympus'), isTimeZone('+02:00')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
