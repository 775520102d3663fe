/** What browsers say of their visitors. */
export { claimedBrowser } from '#core/browser-claims/claimed-browser.js';
export { identifyVisitor } from '#core/browser-claims/identify-visitor.js';
export { purgeBrowserClaims } from '#core/browser-claims/purge-browser-claims.js';
export { recordBrowserClaim } from '#core/browser-claims/record-browser-claim.js';
