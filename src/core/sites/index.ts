/** Shops whose customers recommend them. */
export type { SiteErrorCode } from '#core/sites/errors.js';
export { isOneLine, isShopUrl, isSlug } from '#core/sites/check-site.js';
export { createSite, type CreatedSite } from '#core/sites/create-site.js';
export { findSite, listSites } from '#core/sites/find-site.js';
export { changeSites, KnownSites, SITES_CHANNEL } from '#core/sites/known-sites.js';
export { rollSecurityKey } from '#core/sites/security-key.js';
export { siteFacts, toSite, type Site } from '#core/sites/site.js';
export { fromMinorUnits, MOST_MINOR_UNITS, toMinorUnits, wholeUnits } from '#core/sites/money.js';
export {
  FRAUD_CHECKS,
  FRAUD_OUTCOMES,
  LONGEST_POSTAL_ADDRESS,
  SETTING_BOUNDS,
  SITE_DEFAULTS,
  type FraudCheck,
  type FraudFinding,
  type FraudPolicies,
  type SiteSettings,
} from '#core/sites/site-settings.js';
export { lockSite, updateSite } from '#core/sites/update-site.js';
