/** What advocates passed on, and how. */
export { advocateToken, isAdvocateToken } from '#core/shares/advocate-token.js';
export type { ShareErrorCode } from '#core/shares/errors.js';
export { fillTexts, promiseOf, type FilledIn } from '#core/shares/fill-texts.js';
export { listSharesBy, shareOfLink, type ShareOf } from '#core/shares/find-shares.js';
export { LONGEST_SUBJECT, LONGEST_WORDS, readUnsubscribeToken, unsubscribeLink } from '#core/shares/letters.js';
export { sendReminders, REMINDERS_EVERY_MS } from '#core/shares/send-reminders.js';
export { shareByEmail, type EmailShared, type RecipientFinding } from '#core/shares/share-by-email.js';
export { SHARE_CHANNELS, shareSocially, waysToShare } from '#core/shares/share-socially.js';
