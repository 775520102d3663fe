import { zoneOffset } from '#core/calling-hours/zone-offset.js';

/**
 * When the clocks of a zone say `2026-03-08T09:00` or `…:00`. An hour that comes twice is the first of the two; of one
 * that is skipped, it is as long after the change. Undefined: that is no time.
 */
export function atLocalTime(zone: string, text: string): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(text)) return undefined;
  const asUtc = Date.parse(`${text}Z`);
  if (Number.isNaN(asUtc)) return undefined;
  const before = zoneOffset(zone, asUtc - 86_400_000);
  const first = asUtc - before;
  return new Date(zoneOffset(zone, first) === before ? first : asUtc - laterOffset(zone, first, before));
}

/** In a gap the clocks have not been changed as far as the old offset goes. */
function laterOffset(zone: string, first: number, before: number): number {
  const now = zoneOffset(zone, first);
  return zoneOffset(zone, first + before - now) === now ? now : before;
}
