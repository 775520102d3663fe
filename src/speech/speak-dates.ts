/** Dates as an American reads them: `2025-04-15`, `04/15/2025` and `15 April` all become "April fifteenth". */
import { ordinal, year } from '#speech/speak-numbers.js';

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const WEEKDAYS: Record<string, string> = {
  mon: 'Monday',
  tue: 'Tuesday',
  tues: 'Tuesday',
  wed: 'Wednesday',
  thu: 'Thursday',
  thur: 'Thursday',
  thurs: 'Thursday',
  fri: 'Friday',
  sat: 'Saturday',
  sun: 'Sunday',
};

// Capital letters only: "may" and "march" are verbs. The long form is tried first.
const MONTH = String.raw`(${MONTHS.join('|')}|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)`;
const DAY = String.raw`(\d{1,2})(?:st|nd|rd|th)?(?![\w:]|[.,]\d|%)`;
const YEAR = String.raw`((?:1[5-9]|20|21)\d\d)(?![\w:]|[.,]\d|%)`;
const SHORT_WEEKDAY = String.raw`\b(Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\b\.?`;
const START = String.raw`(?<![\w./:-])`;
const END = String.raw`(?![\w/:-]|\.\d)`;

const ISO_DATE = new RegExp(`${START}(\\d{4})-(\\d\\d)-(\\d\\d)(?:[T ](?=\\d\\d:\\d\\d))?`, 'g');
const SLASH_DATE = new RegExp(`${START}(\\d{1,2})([/-])(\\d{1,2})\\2(\\d{4}|\\d\\d)${END}`, 'g');
const POINT_DATE = new RegExp(`${START}(\\d{1,2})\\.(\\d{1,2})\\.(\\d{4})${END}`, 'g');
const MONTH_SLASH_DAY = new RegExp(
  `\\b((?:on|by|until|till|from|before|after|since|through|(?:mon|tues|wednes|thurs|fri|satur|sun)day),? )(\\d{1,2})/(\\d{1,2})${END}`,
  'gi',
);
const DAYS_OF_MONTH = new RegExp(`\\b${MONTH} (\\d{1,2})(?:st|nd|rd|th)? ?- ?${DAY}`, 'g');
const MONTH_DAY = new RegExp(`\\b${MONTH} ${DAY}(?:,? ${YEAR})?`, 'g');
const DAY_MONTH = new RegExp(`${START}(\\d{1,2})(?:st|nd|rd|th)? ${MONTH}(?: ${YEAR})?(?! ?\\d)`, 'g');
const MONTH_YEAR = new RegExp(`\\b${MONTH},? ${YEAR}`, 'g');
const WEEKDAY_RANGE = new RegExp(`${SHORT_WEEKDAY} ?- ?${SHORT_WEEKDAY}`, 'g');
const WEEKDAY_AFTER =
  /\b((?:on|by|next|this|last|every|until|till|from|through|before|after) )(Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\b(?:\.(?= [a-z\d]))?/g;
const WEEKDAY_BEFORE_DATE = new RegExp(`${SHORT_WEEKDAY}(?=,? (?:\\d|at\\b|${MONTHS.join('\\b|')}\\b))`, 'g');

export function speakDates(text: string): string {
  return text
    .replace(/\bM-F\b/g, 'Monday to Friday')
    .replace(WEEKDAY_RANGE, (_all, from: string, to: string) => `${weekday(from)} to ${weekday(to)}`)
    .replace(WEEKDAY_BEFORE_DATE, (_all, name: string) => weekday(name))
    .replace(WEEKDAY_AFTER, (_all, before: string, name: string) => before + weekday(name))
    .replace(
      ISO_DATE,
      (all, y: string, m: string, d: string) => spoken(all, y, m, d) + (/[T ]$/.test(all) ? ' at ' : ''),
    )
    .replace(SLASH_DATE, (all, a: string, _separator, b: string, y: string) =>
      // Month first, as in the United States, unless that cannot be.
      Number(a) > 12 ? spoken(all, y, b, a) : spoken(all, y, a, b),
    )
    .replace(POINT_DATE, (all, d: string, m: string, y: string) => spoken(all, y, m, d))
    .replace(MONTH_SLASH_DAY, (all, before: string, m: string, d: string) =>
      isDay(m, d) ? before + spoken(all, undefined, m, d) : all,
    )
    .replace(DAYS_OF_MONTH, (all, name: string, from: string, to: string) => {
      const month = monthNumber(name);
      if (!isDay(month, from) || !isDay(month, to)) return all;
      return `${spoken(all, undefined, month, from)} to ${ordinal(String(Number(to)))}`;
    })
    .replace(MONTH_DAY, (all, name: string, d: string, y?: string) => spoken(all, y, monthNumber(name), d))
    .replace(DAY_MONTH, (all, d: string, name: string, y?: string) => spoken(all, y, monthNumber(name), d))
    .replace(MONTH_YEAR, (_all, name: string, y: string) => `${monthName(name)} ${year(y)}`);
}

/** "April fifteenth, twenty twenty-five"; the text as it was where there is no such day. */
function spoken(original: string, y: string | undefined, month: string, day: string): string {
  if (!isDay(month, day)) return original;
  const date = `${MONTHS[Number(month) - 1]!} ${ordinal(String(Number(day)))}`;
  return y === undefined ? date : `${date}, ${year(y.length === 2 ? `20${y}` : y)}`;
}

function isDay(month: string, day: string): boolean {
  const days = DAYS_IN_MONTH[Number(month) - 1];
  return days !== undefined && Number(day) >= 1 && Number(day) <= days;
}

function monthNumber(name: string): string {
  return String(MONTHS.findIndex((month) => month.startsWith(name.slice(0, 3))) + 1);
}

function monthName(name: string): string {
  return MONTHS[Number(monthNumber(name)) - 1]!;
}

function weekday(name: string): string {
  return WEEKDAYS[name.toLowerCase().replace('.', '')]!;
}
