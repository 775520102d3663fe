/**
 * How much room is left where files and the embedded database lie. `low`: the owners are told. `scarce`: nothing more is
 * recorded, and no file is taken in. `full`: no call, text, campaign or code is taken in either; what was accepted goes on.
 */
export type DiskLevel = 'ok' | 'low' | 'scarce' | 'full';

const MEGABYTE = 1024 ** 2;
/** Free bytes below which it is so. */
export const DISK_BYTES = { low: 2048 * MEGABYTE, scarce: 512 * MEGABYTE, full: 256 * MEGABYTE } as const;
/** `low` is over only with this much more than its bound, so that nobody is told at every turn. */
const WELL_ABOVE = 1.25;

export function diskLevel(freeBytes: number, before: DiskLevel): DiskLevel {
  if (freeBytes < DISK_BYTES.full) return 'full';
  if (freeBytes < DISK_BYTES.scarce) return 'scarce';
  const enough = before === 'ok' ? DISK_BYTES.low : DISK_BYTES.low * WELL_ABOVE;
  return freeBytes < enough ? 'low' : 'ok';
}

export function inGigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GB`;
}
