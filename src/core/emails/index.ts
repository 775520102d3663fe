/** Letters to people of an account: queued with what they tell of, handed to the mail server, tried again. */
export { EmailCourier } from '#core/emails/deliver-emails.js';
export { queueEmail, type NewEmail } from '#core/emails/email.js';
export { purgeEmails } from '#core/emails/purge-emails.js';
export { sendsLetters } from '#core/emails/sends-letters.js';
export { stopEmails } from '#core/emails/stop-emails.js';
