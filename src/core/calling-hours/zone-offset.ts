/** Clocks change only at such moments, in every zone of today. */
const SLOT_MS = 15 * 60_000;
/** Of each zone; then it is begun anew. */
const MOST_SLOTS = 5000;

const formats = new Map<string, Intl.DateTimeFormat>();
const slots = new Map<string, Map<number, number>>();

/** Whether the name is one of a time zone (IANA), such as `Europe/Berlin`. A bare offset is none. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** How far the clocks of a zone are ahead of UTC at a moment, in milliseconds. Kept, for asking the platform is slow. */
export function zoneOffset(zone: string, at: number): number {
  const slot = Math.floor(at / SLOT_MS);
  let known = slots.get(zone);
  if (known === undefined || known.size >= MOST_SLOTS) slots.set(zone, (known = new Map<number, number>()));
  let offset = known.get(slot);
  if (offset === undefined) known.set(slot, (offset = askOffset(zone, slot * SLOT_MS)));
  return offset;
}

function askOffset(zone: string, at: number): number {
  const part: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of formatOf(zone).formatToParts(at)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - at;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  return format;
}
