/** Room on the disk: told of when it gets little, and kept for what was accepted (rule 22). */
export { isDiskFull } from '#core/disk/disk-full.js';
export { DISK_BYTES, inGigabytes } from '#core/disk/disk-room.js';
export { DISK_LOOK_MS, DiskWatch, type Disk } from '#core/disk/disk-watch.js';
export type { DiskErrorCode } from '#core/disk/errors.js';
