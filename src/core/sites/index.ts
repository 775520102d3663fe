/** Shops whose customers recommend them. */
export type { SiteErrorCode } from '#core/sites/errors.js';
export { checkShopUrl, createSite, type CreatedSite, type CreateSite } from '#core/sites/create-site.js';
export { findPublicSite, findSite, type SiteAsker } from '#core/sites/find-site.js';
export { siteFacts, toSite, type Site } from '#core/sites/site.js';
export {
  FRAUD_CHECKS,
  SITE_DEFAULTS,
  type FraudCheck,
  type FraudFinding,
  type FraudOutcome,
  type FraudPolicies,
  type SiteSettings,
} from '#core/sites/site-settings.js';
