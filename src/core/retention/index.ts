export { purgeOld, RETENTION_DAYS } from '#core/retention/purge-old.js';
