/** Whoever a site knows, and the browsers they were seen in. */
export type { SitePersonErrorCode } from '#core/site-people/errors.js';
export { toSitePerson, type SitePerson } from '#core/site-people/site-person.js';
export { optedOutEmails, optOutEmail } from '#core/site-people/opt-outs.js';
