export { purgeOld, RETENTION_DAYS } from '#core/retention/purge-old.js';
export { sweepSoundFiles } from '#core/retention/sweep-sound-files.js';
