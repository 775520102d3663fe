/** Shops whose customers recommend them. */
export type { SiteErrorCode } from '#core/sites/errors.js';
export { checkShopUrl, isOneLine, isShopUrl, isSlug } from '#core/sites/check-site.js';
export { createSite, type CreatedSite, type CreateSite } from '#core/sites/create-site.js';
export { findSite, listSites, type SiteAsker } from '#core/sites/find-site.js';
export { changeSites, KnownSites, SITES_CHANNEL } from '#core/sites/known-sites.js';
export { rollSecurityKey } from '#core/sites/security-key.js';
export { siteFacts, toSite, type Site } from '#core/sites/site.js';
export { fromMinorUnits, MOST_MINOR_UNITS, toMinorUnits, wholeUnits } from '#core/sites/money.js';
export {
  FRAUD_CHECKS,
  FRAUD_OUTCOMES,
  SITE_DEFAULTS,
  type FraudCheck,
  type FraudFinding,
  type FraudOutcome,
  type FraudPolicies,
  type SiteSettings,
  type SiteSettingsChange,
} from '#core/sites/site-settings.js';
export { lockSite, updateSite, type UpdateSite } from '#core/sites/update-site.js';
