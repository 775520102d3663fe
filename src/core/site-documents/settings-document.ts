import { spelled } from '#core/site-documents/campaign-document.js';
import { boolean, choices, object, optional, string, whole } from '#core/site-documents/json-shape.js';
import { FRAUD_CHECKS, FRAUD_OUTCOMES, type SiteSettings } from '#core/sites/index.js';

export const settingsShape = object({
  fraud: optional(choices(FRAUD_CHECKS, FRAUD_OUTCOMES)),
  cookieDays: optional(whole),
  shareEmailsPerDay: optional(whole),
  shareEmailsAtOnce: optional(whole),
  reminderDays: optional(whole),
  shareOwnWords: optional(boolean),
  postalAddress: optional(string),
  leastUsedMsPerMinute: optional(whole),
});

/** All of them, as they hold. */
export function settingsDocument(settings: SiteSettings): Record<string, unknown> {
  return spelled(settings) as Record<string, unknown>;
}
