import Type from 'typebox';
import { presentTime } from '#apis/referrals/present-time.js';
import type { SiteTable } from '#apis/referrals/site-table.js';
import { listSiteHours, type Throttling } from '#core/site-load/index.js';
import type { Site } from '#core/sites/index.js';

const Rate = (description: string) => Type.Number({ description });
const UsageObject = Type.Object({
  used_ms_per_second: Rate('Milliseconds of the server in a second, of the last ten seconds.'),
  requests_per_second: Type.Number(),
  normal_ms_per_second: Rate('The middle one of the hours of seven days, or the least that counts as normal.'),
  allowed_ms_per_second: Rate('Beyond this part of the requests is refused.'),
  throttled: Type.Union([
    Type.Object({
      at: Type.String(),
      share: Type.Number({ description: 'Of the requests that were refused, from 0 to 1.' }),
      asked_ms_per_second: Type.Number(),
      normal_ms_per_second: Type.Number(),
      allowed_ms_per_second: Type.Number(),
    }),
    Type.Null(),
  ]),
  hours: Type.Array(
    Type.Object({
      hour: Type.String(),
      used_ms: Type.Number(),
      requests: Type.Integer(),
      throttled: Type.Integer(),
    }),
  ),
});

/** What a site uses of the server. */
export function manageUsageRoutes(table: SiteTable): void {
  table.get('/manage/usage', {
    id: 'getUsage',
    summary: 'What the site uses of the server, and why it was throttled the last time',
    description: 'What holds now is of the process that answers; `hours` are of all of them, and some seconds old.',
    tag: 'Manage',
    scope: 'referrals:read',
    query: Type.Object({ hours: Type.Integer({ minimum: 1, maximum: 168, default: 24 }) }),
    returns: Type.Object({ usage: UsageObject }),
    async handle({ core, site, query }) {
      const { usedMs, requests, normalMs, allowedMs, throttled } = core.siteLoad.now(site);
      const hours = await listSiteHours(core, site.id, query.hours);
      return {
        usage: {
          ...{ used_ms_per_second: usedMs, requests_per_second: requests },
          ...{ normal_ms_per_second: normalMs, allowed_ms_per_second: allowedMs },
          throttled: throttled === undefined ? null : presentThrottling(throttled, site),
          hours: hours.map((one) => ({
            hour: presentTime(one.hour, site.timeZone),
            ...{ used_ms: one.usedMs, requests: one.requests, throttled: one.throttled },
          })),
        },
      };
    },
  });
}

function presentThrottling({ at, share, demandMs, normalMs, allowedMs }: Throttling, site: Site) {
  return {
    at: presentTime(at, site.timeZone),
    share,
    ...{ asked_ms_per_second: demandMs, normal_ms_per_second: normalMs, allowed_ms_per_second: allowedMs },
  };
}
