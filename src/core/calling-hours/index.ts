/** When people may be called and texted: hours and days in the time of wherever they are. */
export {
  checkCallingHours,
  MARKETING_HOURS,
  minutesOf,
  WEEKDAYS,
  type CallingHours,
  type Weekday,
} from '#core/calling-hours/calling-hours.js';
export { atLocalTime } from '#core/calling-hours/local-time.js';
export { isOpen, nextOpening } from '#core/calling-hours/openings.js';
export { wallClock, type WallClock } from '#core/calling-hours/wall-clock.js';
export { isTimeZone } from '#core/calling-hours/zone-offset.js';
export { zonesOf } from '#core/calling-hours/zones-of.js';
