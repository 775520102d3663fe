/** What browsers say of their visitors. */
export { claimedVisitor } from '#core/browser-claims/claimed-visitor.js';
export { purgeBrowserClaims } from '#core/browser-claims/purge-browser-claims.js';
export { recordBrowserClaim, type BrowserSays } from '#core/browser-claims/record-browser-claim.js';
