import type { Refusal } from '#apis/http/index.js';
import type { CallErrorCode } from '#core/calls/index.js';
import type { WebhookErrorCode } from '#core/webhooks/index.js';

/** Core's refusals in the words and statuses of this door. */
export const REFUSALS = {
  'call.bad_input': { status: 400, code: 'invalid_request' },
  'call.sender_not_owned': { status: 400, code: 'sender_not_owned' },
  'call.no_sender': { status: 409, code: 'no_sender' },
  'call.no_carrier': { status: 422, code: 'no_carrier' },
  'call.recipient_suppressed': { status: 403, code: 'recipient_opted_out' },
  'call.destination_not_allowed': { status: 403, code: 'destination_not_allowed' },
  'call.intake_full': { status: 503, code: 'unavailable' },
  'call.not_found': { status: 404, code: 'not_found' },
  'call.already_ended': { status: 409, code: 'call_already_ended' },
  'recording.not_found': { status: 404, code: 'not_found' },
  'delivery.not_found': { status: 404, code: 'not_found' },
  'webhook.bad_input': { status: 400, code: 'invalid_request' },
  'wallet.insufficient_funds': { status: 402, code: 'insufficient_funds' },
  'webhook.exists': { status: 409, code: 'exists' },
  'webhook.not_found': { status: 404, code: 'not_found' },
  'webhook.too_many': { status: 409, code: 'too_many' },
} satisfies Record<CallErrorCode | WebhookErrorCode | 'wallet.insufficient_funds', Refusal>;

/** Core's names of fields, as this door calls them. */
export const FIELD_NAMES: Record<string, string> = {
  keys: 'dtmf',
  machineMessage: 'amd.machine_message',
  audioUrl: 'audio_url',
  webhookUrl: 'webhook_url',
  scheduleAt: 'schedule_at',
  ringTimeoutSeconds: 'ring_timeout_seconds',
  maxDurationSeconds: 'max_duration_seconds',
};
