/** Pictures and the like for pages of campaigns. */
export type { AssetErrorCode } from '#core/assets/errors.js';
