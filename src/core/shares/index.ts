/** What advocates passed on, and how. */
export type { ShareErrorCode } from '#core/shares/errors.js';
