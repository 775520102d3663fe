import { sql } from 'kysely';
import type { Core } from '#core/core.js';

export const HOUR_MS = 3_600_000;
/** What is normal for a site is looked for in so many hours. */
export const NORMAL_HOURS = 7 * 24;

/** What a site used in an hour. */
export interface SiteHour {
  hour: Date;
  usedMs: number;
  requests: number;
  throttled: number;
}

/** Adds to what other processes wrote of these hours. */
export async function addSiteHours(
  core: Pick<Core, 'db'>,
  hours: readonly (SiteHour & { siteId: string })[],
): Promise<void> {
  if (hours.length === 0) return;
  const column = <T>(of: (hour: SiteHour & { siteId: string }) => T): T[] => hours.map(of);
  // In one order, so that two processes never wait for each other in a circle; a site that is gone is left out.
  await sql`
    insert into site_hours (site_id, hour, used_ms, requests, throttled)
    select site_id, hour, used_ms, requests, throttled
    from unnest(${column(({ siteId }) => siteId)}::text[], ${column(({ hour }) => hour)}::timestamptz[],
      ${column(({ usedMs }) => usedMs)}::float8[], ${column(({ requests }) => requests)}::int[],
      ${column(({ throttled }) => throttled)}::int[]) as used (site_id, hour, used_ms, requests, throttled)
    where exists (select from sites where id = site_id)
    order by site_id, hour
    on conflict (site_id, hour) do update set used_ms = site_hours.used_ms + excluded.used_ms,
      requests = site_hours.requests + excluded.requests, throttled = site_hours.throttled + excluded.throttled`.execute(
    core.db,
  );
}

/** The newest first; hours in which it did nothing are not there. */
export async function listSiteHours(
  core: Pick<Core, 'db' | 'clock'>,
  siteId: string,
  hours: number,
): Promise<SiteHour[]> {
  const now = core.clock.now();
  const rows = await core.db
    .selectFrom('site_hours')
    .selectAll()
    .where('site_id', '=', siteId)
    .where('hour', '>', new Date(now - hours * HOUR_MS))
    .orderBy('hour', 'desc')
    .execute();
  return rows.map(({ hour, used_ms: usedMs, requests, throttled }) => ({ hour, usedMs, requests, throttled }));
}

/** Milliseconds a second: the middle one of the hours of the last seven days, of which most may be empty. */
export async function normalOf(core: Pick<Core, 'db' | 'clock'>, siteId: string): Promise<number> {
  const used = (await listSiteHours(core, siteId, NORMAL_HOURS)).map(({ usedMs }) => usedMs).sort((a, b) => b - a);
  return (used[Math.floor(NORMAL_HOURS / 2)] ?? 0) / (HOUR_MS / 1000);
}
