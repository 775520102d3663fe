import type { Refusal } from '#apis/http/index.js';
import type { CallErrorCode } from '#core/calls/index.js';
import type { CampaignErrorCode } from '#core/campaigns/index.js';
import type { ContactErrorCode } from '#core/contacts/index.js';
import type { DiskErrorCode } from '#core/disk/index.js';
import type { ImportErrorCode } from '#core/imports/index.js';
import type { MessageErrorCode } from '#core/messages/index.js';
import type { NumberErrorCode } from '#core/numbers/index.js';
import type { VerificationErrorCode } from '#core/verifications/index.js';
import type { SuppressionErrorCode } from '#core/suppression/index.js';
import type { WebhookErrorCode } from '#core/webhooks/index.js';

/** Core's refusals in the words and statuses of this door. */
export const REFUSALS = {
  'call.bad_input': { status: 400, code: 'invalid_request' },
  'call.no_caller_name': { status: 403, code: 'no_caller_name' },
  'call.sender_not_owned': { status: 400, code: 'sender_not_owned' },
  'call.no_sender': { status: 409, code: 'no_sender' },
  'call.no_carrier': { status: 422, code: 'no_carrier' },
  'call.recipient_suppressed': { status: 403, code: 'recipient_opted_out' },
  'call.destination_not_allowed': { status: 403, code: 'destination_not_allowed' },
  'call.intake_full': { status: 503, code: 'unavailable' },
  'call.not_found': { status: 404, code: 'not_found' },
  'call.already_ended': { status: 409, code: 'call_already_ended' },
  'message.bad_input': { status: 400, code: 'invalid_request' },
  'message.duplicate': { status: 400, code: 'duplicate_recipient' },
  'message.sender_not_owned': { status: 400, code: 'sender_not_owned' },
  'message.sender_not_registered': { status: 403, code: 'sender_not_registered' },
  'message.recipient_suppressed': { status: 403, code: 'recipient_opted_out' },
  'message.destination_not_allowed': { status: 403, code: 'destination_not_allowed' },
  'message.not_verified': { status: 403, code: 'number_not_verified' },
  'message.no_carrier': { status: 422, code: 'no_carrier' },
  'message.not_found': { status: 404, code: 'not_found' },
  'message.already_sent': { status: 409, code: 'sms_already_sent' },
  'message.not_sent': { status: 409, code: 'sms_in_progress' },
  'opt_out.bad_input': { status: 400, code: 'invalid_request' },
  'opt_out.not_found': { status: 404, code: 'not_found' },
  'opt_out.not_open': { status: 409, code: 'already_reviewed' },
  'recording.not_found': { status: 404, code: 'not_found' },
  'campaign.bad_input': { status: 400, code: 'invalid_request' },
  'campaign.duplicate': { status: 400, code: 'duplicate_recipient' },
  'campaign.not_found': { status: 404, code: 'not_found' },
  'campaign.sender_not_owned': { status: 400, code: 'sender_not_owned' },
  'campaign.sender_not_registered': { status: 403, code: 'sender_not_registered' },
  'campaign.no_caller_name': { status: 403, code: 'no_caller_name' },
  'campaign.wrong_state': { status: 409, code: 'wrong_state' },
  'campaign.no_list': { status: 404, code: 'not_found' },
  'delivery.not_found': { status: 404, code: 'not_found' },
  'number.bad_format': { status: 400, code: 'invalid_request' },
  'number.not_found': { status: 404, code: 'not_found' },
  'number.taken': { status: 409, code: 'exists' },
  'number.not_verified': { status: 403, code: 'number_not_verified' },
  'number.owned': { status: 409, code: 'number_owned' },
  'verification.bad_input': { status: 400, code: 'invalid_request' },
  'verification.rate_limited': { status: 429, code: 'rate_limited' },
  'verification.not_placed': { status: 502, code: 'call_not_placed' },
  'verification.insufficient_funds': { status: 402, code: 'insufficient_funds' },
  'verification.not_found': { status: 404, code: 'not_found' },
  'verification.not_verifiable': { status: 409, code: 'not_verifiable' },
  'verification.unknown_setting': { status: 404, code: 'not_found' },
  'webhook.bad_input': { status: 400, code: 'invalid_request' },
  'wallet.insufficient_funds': { status: 402, code: 'insufficient_funds' },
  'webhook.exists': { status: 409, code: 'exists' },
  'webhook.not_found': { status: 404, code: 'not_found' },
  'webhook.too_many': { status: 409, code: 'too_many' },
  'contact.bad_input': { status: 400, code: 'invalid_request' },
  'contact.in_use': { status: 409, code: 'contact_in_use' },
  'contact.opted_out': { status: 409, code: 'contact_opted_out' },
  'contact.exists': { status: 409, code: 'exists' },
  'contact.external_id_taken': { status: 409, code: 'exists' },
  'contact.not_found': { status: 404, code: 'not_found' },
  'list.bad_input': { status: 400, code: 'invalid_request' },
  'list.exists': { status: 409, code: 'exists' },
  'list.not_found': { status: 404, code: 'not_found' },
  'import.bad_input': { status: 400, code: 'invalid_request' },
  'import.not_found': { status: 404, code: 'not_found' },
  'import.already_ended': { status: 409, code: 'import_already_ended' },
  'import.nothing_refused': { status: 404, code: 'not_found' },
  'import.too_many': { status: 409, code: 'too_many' },
  'upload.bad_input': { status: 400, code: 'invalid_request' },
  'upload.not_found': { status: 404, code: 'not_found' },
  'disk.full': { status: 507, code: 'no_room' },
  'upload.not_stored': { status: 507, code: 'no_room' },
  'upload.too_large': { status: 413, code: 'body_too_large' },
} satisfies Record<
  | CallErrorCode
  | CampaignErrorCode
  | ContactErrorCode
  | DiskErrorCode
  | ImportErrorCode
  | MessageErrorCode
  | NumberErrorCode
  | VerificationErrorCode
  | SuppressionErrorCode
  | WebhookErrorCode
  | 'wallet.insufficient_funds',
  Refusal
>;

/** Core's names of fields, as this door calls them. */
export const FIELD_NAMES: Record<string, string> = {
  keys: 'dtmf',
  machineMessage: 'amd.machine_message',
  audioUrl: 'audio_url',
  webhookUrl: 'webhook_url',
  scheduleAt: 'schedule_at',
  uploadId: 'upload_id',
  optedOut: 'opted_out',
  fields: 'variables',
  contactIds: 'contact_ids',
  listId: 'list_id',
  validitySeconds: 'validity_seconds',
  ringTimeoutSeconds: 'ring_timeout_seconds',
  startAt: 'start_at',
  endAt: 'end_at',
  timeZone: 'timezone',
  callingHours: 'calling_window',
  callsPerSecond: 'calls_per_second',
  maxConcurrent: 'max_concurrent',
  retryAttempts: 'retry.max_attempts',
  retryDelayMinutes: 'retry.minutes_between',
  maxDurationSeconds: 'max_duration_seconds',
};
