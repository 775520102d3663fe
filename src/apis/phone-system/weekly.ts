import Type, { type Static } from 'typebox';
import { WEEKDAYS, type CallingHours, type Weekday } from '#core/calling-hours/index.js';

const DAY_NAMES = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
const time = (description: string) => Type.String({ minLength: 5, maxLength: 5, description, examples: ['09:00'] });

/** A span of one day of the week. */
const Span = Type.Object(
  {
    day: Type.Enum([...DAY_NAMES]),
    open: time('`HH:MM`'),
    close: time('`HH:MM`, up to 24:00; at or before `open`: on the next day.'),
  },
  { additionalProperties: false, examples: [{ day: 'monday', open: '09:00', close: '17:30' }] },
);

export const Weekly = Type.Array(Span, { maxItems: 100, description: 'Several of a day where there is a pause.' });

/** One span of core for each, so that what is wrong with the third is said of the third. */
export function parseWeekly(weekly: Static<typeof Weekly>): CallingHours[] {
  return weekly.map(({ day, open, close }) => ({
    days: WEEKDAYS.filter((_, index) => DAY_NAMES[index] === day),
    ...{ start: open, end: close },
  }));
}

/** In the order of the week. */
export function presentWeekly(windows: readonly CallingHours[]): Static<typeof Weekly> {
  const spans = windows.flatMap(({ days, start, end }) =>
    days.map((day) => ({ day: nameOf(day), open: start, close: end })),
  );
  const place = ({ day }: { day: string }): number => DAY_NAMES.findIndex((name) => name === day);
  return spans.sort((one, other) => place(one) - place(other) || one.open.localeCompare(other.open));
}

function nameOf(day: Weekday): (typeof DAY_NAMES)[number] {
  return DAY_NAMES[WEEKDAYS.indexOf(day)] ?? 'monday';
}
