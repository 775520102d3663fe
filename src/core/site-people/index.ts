/** Whoever a site knows, and the browsers they were seen in. */
export type { SitePersonErrorCode } from '#core/site-people/errors.js';
export { anonymizePerson } from '#core/site-people/anonymize-person.js';
export { findPerson, personById } from '#core/site-people/find-person.js';
export { holdPeople } from '#core/site-people/hold-people.js';
export { mailboxOf } from '#core/site-people/mailbox.js';
export { personFacts } from '#core/site-people/person-facts.js';
export { checkEmail, LONGEST_NAME, MOST_PROPERTIES, type PersonIdentity } from '#core/site-people/person-identity.js';
export { standingOf } from '#core/site-people/person-standing.js';
export { summarizePerson } from '#core/site-people/person-summary.js';
export { toSitePerson, type SitePerson } from '#core/site-people/site-person.js';
export { agreeToLetters } from '#core/site-people/letters-wanted.js';
export { optedOutEmails, optOutEmail } from '#core/site-people/opt-outs.js';
export { isSignedIdentity } from '#core/site-people/signed-identity.js';
export { updatePerson, type PersonChanges } from '#core/site-people/update-person.js';
export { personalDataOf, type PersonalData } from '#core/site-people/personal-data.js';
export { unsubscribePerson, unsubscribeReader } from '#core/site-people/unsubscribe-person.js';
export { upsertPerson } from '#core/site-people/upsert-person.js';
export { checkVisitor, linkVisitor, VISITOR_PATTERN } from '#core/site-people/visitors.js';
