import type { Refusal } from '#apis/http/index.js';
import type { BillingErrorCode } from '#core/billing/index.js';
import type { CallErrorCode } from '#core/calls/index.js';
import type { ContactErrorCode } from '#core/contacts/index.js';
import type { DiskErrorCode } from '#core/disk/index.js';
import type { PeopleErrorCode } from '#core/people/index.js';
import type { SpeechErrorCode } from '#core/speech/index.js';
import type { VerificationErrorCode } from '#core/verifications/index.js';
import type { WebhookErrorCode } from '#core/webhooks/index.js';

/** Core's refusals in the words and statuses of this door. */
export const REFUSALS = {
  'call.bad_input': { status: 400, code: 'invalid' },
  'call.no_caller_name': { status: 403, code: 'forbidden' },
  'call.sender_not_owned': { status: 422, code: 'not_owned' },
  'call.no_sender': { status: 409, code: 'voice_not_live' },
  'call.no_carrier': { status: 422, code: 'no_carrier' },
  'call.recipient_suppressed': { status: 403, code: 'forbidden' },
  'call.destination_not_allowed': { status: 400, code: 'invalid' },
  'call.intake_full': { status: 503, code: 'service_unavailable' },
  'call.not_found': { status: 404, code: 'not_found' },
  'call.already_ended': { status: 409, code: 'conflict' },
  'recording.not_found': { status: 404, code: 'not_found' },
  'number.not_verified': { status: 403, code: 'number_not_verified' },
  'contact.bad_input': { status: 400, code: 'invalid' },
  'contact.in_use': { status: 409, code: 'conflict' },
  'contact.opted_out': { status: 409, code: 'conflict' },
  'contact.exists': { status: 409, code: 'conflict' },
  'contact.external_id_taken': { status: 409, code: 'conflict' },
  'list.bad_input': { status: 400, code: 'invalid' },
  'list.exists': { status: 409, code: 'exists' },
  'list.not_found': { status: 404, code: 'not_found' },
  'contact.not_found': { status: 404, code: 'not_found' },
  'user.bad_input': { status: 400, code: 'invalid' },
  'user.not_found': { status: 404, code: 'not_found' },
  'user.email_taken': { status: 409, code: 'exists' },
  'user.too_many': { status: 409, code: 'conflict' },
  'user.no_phone': { status: 409, code: 'voice_not_live' },
  'user.owners_only': { status: 403, code: 'forbidden' },
  'user.last_owner': { status: 409, code: 'conflict' },
  // Calls lead to the user.
  'routing.in_use': { status: 409, code: 'conflict' },
  'group.bad_input': { status: 400, code: 'invalid' },
  'group.not_found': { status: 404, code: 'not_found' },
  'group.name_taken': { status: 409, code: 'exists' },
  'group.too_many': { status: 409, code: 'conflict' },
  'price.bad_input': { status: 400, code: 'invalid' },
  'price.unknown_unit': { status: 400, code: 'invalid' },
  'wallet.bad_input': { status: 400, code: 'invalid' },
  'wallet.insufficient_funds': { status: 402, code: 'insufficient_funds' },
  'wallet.currency_fixed': { status: 409, code: 'conflict' },
  'wallet.unknown_entry': { status: 400, code: 'invalid' },
  'verification.bad_input': { status: 400, code: 'invalid' },
  'verification.rate_limited': { status: 429, code: 'rate_limited' },
  'verification.not_placed': { status: 502, code: 'otp_failed' },
  'verification.insufficient_funds': { status: 502, code: 'otp_failed' },
  'verification.not_found': { status: 404, code: 'not_found' },
  'verification.not_verifiable': { status: 422, code: 'not_verifiable' },
  'verification.unknown_setting': { status: 404, code: 'not_found' },
  'delivery.not_found': { status: 404, code: 'not_found' },
  'webhook.bad_input': { status: 400, code: 'invalid' },
  'webhook.exists': { status: 409, code: 'exists' },
  'webhook.not_found': { status: 404, code: 'not_found' },
  'webhook.too_many': { status: 409, code: 'conflict' },
  'speech.bad_input': { status: 400, code: 'invalid' },
  'speech.failed': { status: 502, code: 'speech_failed' },
  'speech.not_configured': { status: 502, code: 'speech_failed' },
  'speech.busy': { status: 429, code: 'rate_limited' },
  'disk.full': { status: 503, code: 'service_unavailable' },
  'speech.not_stored': { status: 503, code: 'service_unavailable' },
  'speech.not_found': { status: 404, code: 'not_found' },
} satisfies Record<
  | BillingErrorCode
  | CallErrorCode
  | 'number.not_verified'
  | 'routing.in_use'
  | ContactErrorCode
  | DiskErrorCode
  | PeopleErrorCode
  | SpeechErrorCode
  | VerificationErrorCode
  | WebhookErrorCode,
  Refusal
>;

/** Core's names of fields, as this door calls them. */
export const FIELD_NAMES: Record<string, string> = {
  audio: 'audio_base64',
  audioUrl: 'audio_url',
  codeLength: 'code_length',
  startingAfter: 'starting_after',
};
