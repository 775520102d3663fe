/** When people may be called and texted: hours and days in the time of wherever they are. */
export { WEEKDAYS, type CallingHours, type Weekday } from '#core/calling-hours/calling-hours.js';
