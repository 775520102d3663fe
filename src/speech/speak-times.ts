/** Times of day on the twelve-hour clock: `3:15 PM` and `15:15` both become "three fifteen P M". */
import { cardinal } from '#speech/speak-numbers.js';

const HALF = String.raw`([ap])(?:m\b|\.m\.?)`;
const ZONES = 'EST|EDT|CST|CDT|MST|MDT|PST|PDT|UTC|GMT|ET|CT|MT|PT';
const CLOCK_TIME = String.raw`(?<![\w:.,$€£])(\d{1,2})[:](\d\d)(?::(\d\d)(?:\.\d+)?)?(?![\d:])`;
/** What follows "p.m." in the middle of a sentence, though it has a capital letter. */
const GOES_ON = `(?:${ZONES}|Eastern|Central|Mountain|Pacific|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|September|October|November|December)`;

const RANGE_TO_HALF = new RegExp(
  String.raw`(?<![\w:.,$-])(\d{1,2}(?::\d\d)?(?: ?${HALF})?) ?- ?(?=\d{1,2}(?::\d\d)? ?${HALF})`,
  'gi',
);
const CLOCK = new RegExp(`${CLOCK_TIME}(?: ?${HALF})?(Z\\b)?`, 'gi');
const HOUR_ALONE = new RegExp(String.raw`(?<![\w:.,$-])(1[0-2]|0?[1-9]) ?${HALF}`, 'gi');
const ZONE_AFTER_TIME = new RegExp(`( [AP] M|o'clock) (${ZONES})\\b`, 'g');

export function speakTimes(text: string): string {
  return text
    .replace(RANGE_TO_HALF, '$1 to ')
    .replace(/(?<![\w:.,$-])(\d{1,2}:\d\d) ?- ?(?=\d{1,2}:\d\d(?!\d))/g, '$1 to ')
    .replace(CLOCK, speakClockTime)
    .replace(HOUR_ALONE, (...match) => {
      const [all, hour, half] = match as unknown as [string, string, string];
      return `${cardinal(String(Number(hour)))} ${half.toUpperCase()} M${sentenceEnd(all, match)}`;
    })
    .replace(ZONE_AFTER_TIME, (_all, before: string, zone: string) => `${before} ${[...zone].join(' ')}`);
}

function speakClockTime(...match: unknown[]): string {
  const [all, hourText, minuteText, secondText, half, utc] = match as [
    string,
    string,
    string,
    string?,
    string?,
    string?,
  ];
  const hour = Number(hourText);
  const minute = Number(minuteText);
  if (hour > (half ? 12 : 24) || minute > 59 || Number(secondText ?? 0) > 59) return all;
  const twelve = cardinal(String(hour % 12 || 12));
  const minutes = minute === 0 ? '' : minute < 10 ? ` oh ${cardinal(String(minute))}` : ` ${cardinal(String(minute))}`;
  const seconds = secondText && Number(secondText) > 0 ? ` and ${cardinal(String(Number(secondText)))} seconds` : '';
  const zone = utc ? ' U T C' : '';
  if (half) return `${twelve}${minutes} ${half.toUpperCase()} M${seconds}${zone}${sentenceEnd(all, match)}`;
  // Written on the 24-hour clock, which only a hour after noon or a leading zero shows.
  if (hour > 12 || hourText.startsWith('0'))
    return `${twelve}${minutes} ${hour % 24 >= 12 ? 'P' : 'A'} M${seconds}${zone}`;
  return `${twelve}${minutes || " o'clock"}${seconds}${zone}`;
}

/** The full stop of "p.m." is also the sentence's, at its end or before a capital letter. */
function sentenceEnd(all: string, match: readonly unknown[]): string {
  if (!all.endsWith('.')) return '';
  const [offset, text] = match.slice(-2) as [number, string];
  const rest = text.slice(offset + all.length);
  if (/^\s*$/.test(rest)) return '.';
  return /^\s+[A-Z]/.test(rest) && !new RegExp(`^\\s+${GOES_ON}\\b`).test(rest) ? '.' : '';
}
