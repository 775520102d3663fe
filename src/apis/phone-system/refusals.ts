import type { Refusal } from '#apis/http/index.js';
import type { BlockedNumberErrorCode } from '#core/blocked-numbers/index.js';

/** Core's refusals in the statuses of this door. Their codes are not shown. */
export const REFUSALS = {
  'blocked_number.bad_input': { status: 422, code: 'invalid_input' },
  'blocked_number.exists': { status: 422, code: 'exists' },
  'blocked_number.too_many': { status: 422, code: 'too_many' },
  'blocked_number.not_found': { status: 404, code: 'not_found' },
  'account.bad_input': { status: 422, code: 'invalid_input' },
  'account.name_taken': { status: 422, code: 'exists' },
  'account.not_found': { status: 404, code: 'not_found' },
  'plan.feature_missing': { status: 402, code: 'payment_required' },
} satisfies Record<
  BlockedNumberErrorCode | 'account.bad_input' | 'account.name_taken' | 'account.not_found' | 'plan.feature_missing',
  Refusal
>;

/** Core's names of fields, as this door calls them. */
export const FIELD_NAMES: Record<string, string> = {
  timeZone: 'timezone',
};
