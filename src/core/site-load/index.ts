/** What sites use of the server, and when that is too much at once. */
export { listSiteHours, type SiteHour } from '#core/site-load/site-hours.js';
export { SiteLoad, type SiteLoadNow, type Throttling } from '#core/site-load/site-load.js';
export { sharedTime, type WorkMeter } from '#core/site-load/work-meter.js';
