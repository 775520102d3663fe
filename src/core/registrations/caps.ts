/** What a registered campaign may send: AT&T's counts by the minute, T-Mobile's by the day. */
export interface Caps {
  /** Of each campaign. */
  segmentsPerMinute: number;
  /** Of all campaigns of a brand together. */
  segmentsPerDay: number;
}

/**
 * By type. The networks count only what goes to their own subscribers, and so allow more in all than this: which network
 * a number belongs to is not known here, so that everything is counted. Numbers of US long codes as providers publish them
 * (https://support.goconvey.com/hc/en-us/articles/45221643638291-10DLC-Carrier-Throughputs-and-Daily-Limits,
 * https://www.clickatell.com/faqs/answer/11-what-are-the-messaging-throughput-limits-for-10dlc-campaigns/). Of toll-free
 * numbers and short codes the networks publish none: those are careful guesses.
 */
export const CAPS = {
  sole_proprietor: { segmentsPerMinute: 15, segmentsPerDay: 1_000 },
  low_volume: { segmentsPerMinute: 75, segmentsPerDay: 2_000 },
  standard_low: { segmentsPerMinute: 240, segmentsPerDay: 2_000 },
  standard_low_mid: { segmentsPerMinute: 240, segmentsPerDay: 10_000 },
  standard_high_mid: { segmentsPerMinute: 2_400, segmentsPerDay: 40_000 },
  standard_top: { segmentsPerMinute: 4_500, segmentsPerDay: 200_000 },
  toll_free: { segmentsPerMinute: 180, segmentsPerDay: 10_000 },
  short_code: { segmentsPerMinute: 6_000, segmentsPerDay: 500_000 },
} as const satisfies Record<string, Caps>;

export type CampaignType = keyof typeof CAPS;
export const CAMPAIGN_TYPES = Object.keys(CAPS) as CampaignType[];

/** The day of T-Mobile's count. */
const DAY_ZONE = 'America/Los_Angeles';
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** The minute that a moment is in. */
export function minuteOf(at: Date): { startsAt: Date; opensAt: Date } {
  const startsAt = Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS;
  return { startsAt: new Date(startsAt), opensAt: new Date(startsAt + MINUTE_MS) };
}

/** The day that a moment is in: from midnight to midnight, Pacific time, of 23, 24 or 25 hours. */
export function dayOf(at: Date): { startsAt: Date; opensAt: Date } {
  const startsAt = midnightBefore(at);
  // 30 hours later it is the next day, also over a change of the clocks.
  return { startsAt, opensAt: midnightBefore(new Date(startsAt.getTime() + 30 * HOUR_MS)) };
}

const clock = new Intl.DateTimeFormat('en-GB', {
  timeZone: DAY_ZONE,
  hourCycle: 'h23',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
});

/** Clocks change at 2 in the night, so that what they show at the first guess is at most an hour off. */
function midnightBefore(at: Date): Date {
  const guess = at.getTime() - shownMs(at) - (at.getTime() % 1000);
  const off = shownMs(new Date(guess));
  if (off === 0) return new Date(guess);
  return new Date(off > 12 * HOUR_MS ? guess + (24 * HOUR_MS - off) : guess - off);
}

function shownMs(at: Date): number {
  const part = (type: string): number => Number(clock.formatToParts(at).find((one) => one.type === type)?.value ?? 0);
  return part('hour') * HOUR_MS + part('minute') * MINUTE_MS + part('second') * 1000;
}
