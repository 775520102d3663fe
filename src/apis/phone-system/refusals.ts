import type { Refusal } from '#apis/http/index.js';
import type { BillingErrorCode } from '#core/billing/index.js';
import { ROUTING_WORDS } from '#apis/phone-system/routing-words.js';
import type { BlockedNumberErrorCode } from '#core/blocked-numbers/index.js';
import type { AttachmentErrorCode } from '#core/attachments/index.js';
import type { CallErrorCode } from '#core/calls/index.js';
import type { ContactErrorCode } from '#core/contacts/index.js';
import type { DiskErrorCode } from '#core/disk/index.js';
import type { ImportErrorCode } from '#core/imports/index.js';
import type { PeopleErrorCode } from '#core/people/index.js';
import type { RoutingErrorCode } from '#core/routing/index.js';
import type { ConversationErrorCode } from '#core/conversations/index.js';
import type { MessageErrorCode } from '#core/messages/index.js';
import type { SoundErrorCode } from '#core/sounds/index.js';
import type { VoicemailErrorCode } from '#core/voicemail/index.js';
import type { WebhookErrorCode } from '#core/webhooks/index.js';

/** Core's refusals in the statuses of this door. Their codes are not shown. */
export const REFUSALS = {
  'contact.bad_input': { status: 422, code: 'invalid_input' },
  'contact.exists': { status: 422, code: 'exists' },
  'contact.external_id_taken': { status: 422, code: 'exists' },
  'contact.in_use': { status: 422, code: 'in_use' },
  'contact.opted_out': { status: 422, code: 'opted_out' },
  'contact.not_found': { status: 404, code: 'not_found' },
  'list.bad_input': { status: 422, code: 'invalid_input' },
  'list.exists': { status: 422, code: 'exists' },
  'list.not_found': { status: 404, code: 'not_found' },
  'import.bad_input': { status: 422, code: 'invalid_input' },
  'import.not_found': { status: 404, code: 'not_found' },
  'import.already_ended': { status: 422, code: 'import_ended' },
  'import.nothing_refused': { status: 404, code: 'not_found' },
  'import.too_many': { status: 422, code: 'too_many' },
  'upload.bad_input': { status: 422, code: 'invalid_input' },
  'upload.not_found': { status: 404, code: 'not_found' },
  'disk.full': { status: 507, code: 'no_room' },
  'upload.not_stored': { status: 507, code: 'no_room' },
  'upload.too_large': { status: 413, code: 'body_too_large' },
  'blocked_number.bad_input': { status: 422, code: 'invalid_input' },
  'blocked_number.exists': { status: 422, code: 'exists' },
  'blocked_number.too_many': { status: 422, code: 'too_many' },
  'blocked_number.not_found': { status: 404, code: 'not_found' },
  'user.bad_input': { status: 422, code: 'invalid_input' },
  'user.email_taken': { status: 422, code: 'exists' },
  'user.too_many': { status: 422, code: 'too_many' },
  'user.not_found': { status: 404, code: 'not_found' },
  'user.owners_only': { status: 403, code: 'forbidden' },
  'user.last_owner': { status: 422, code: 'in_use' },
  'account.bad_input': { status: 422, code: 'invalid_input' },
  'account.name_taken': { status: 422, code: 'exists' },
  'account.not_found': { status: 404, code: 'not_found' },
  'call.not_found': { status: 404, code: 'not_found' },
  'recording.not_found': { status: 404, code: 'not_found' },
  'conversation.not_found': { status: 404, code: 'not_found' },
  'conversation.bad_input': { status: 422, code: 'invalid_input' },
  'attachment.bad_input': { status: 422, code: 'invalid_input' },
  'attachment.too_many': { status: 422, code: 'too_many' },
  'attachment.not_stored': { status: 507, code: 'no_room' },
  'attachment.not_found': { status: 404, code: 'not_found' },
  'message.bad_input': { status: 422, code: 'invalid_input' },
  'message.duplicate': { status: 422, code: 'invalid_input' },
  'message.sender_not_owned': { status: 422, code: 'invalid_input' },
  'message.sender_not_registered': { status: 422, code: 'invalid_input' },
  'message.recipient_suppressed': { status: 422, code: 'invalid_input' },
  'message.destination_not_allowed': { status: 422, code: 'invalid_input' },
  'message.not_verified': { status: 422, code: 'invalid_input' },
  'message.no_carrier': { status: 422, code: 'invalid_input' },
  'message.not_found': { status: 404, code: 'not_found' },
  'message.already_sent': { status: 409, code: 'conflict' },
  'message.not_sent': { status: 409, code: 'conflict' },
  'wallet.insufficient_funds': { status: 402, code: 'payment_required' },
  'webhook.bad_input': { status: 422, code: 'invalid_input' },
  'webhook.exists': { status: 422, code: 'exists' },
  'webhook.too_many': { status: 422, code: 'too_many' },
  'webhook.not_found': { status: 404, code: 'not_found' },
  'plan.feature_missing': { status: 402, code: 'payment_required' },
  'number.not_found': { status: 404, code: 'not_found' },
  'sound.bad_input': { status: 422, code: 'invalid_input' },
  'sound.not_found': { status: 404, code: 'not_found' },
  'sound.too_many': { status: 422, code: 'too_many' },
  'sound.not_stored': { status: 507, code: 'no_room' },
  'voicemail.bad_input': { status: 422, code: 'invalid_input' },
  'voicemail.not_found': { status: 404, code: 'not_found' },
  'routing.bad_input': { status: 422, code: 'invalid_input' },
  'routing.not_found': { status: 404, code: 'not_found' },
  'routing.refused': { status: 422, code: 'invalid_input' },
  'routing.in_use': { status: 422, code: 'in_use' },
} satisfies Record<
  | AttachmentErrorCode
  | BlockedNumberErrorCode
  | ContactErrorCode
  | DiskErrorCode
  | ImportErrorCode
  | RoutingErrorCode
  | Exclude<PeopleErrorCode, `group.${string}` | 'user.no_phone'>
  | SoundErrorCode
  | VoicemailErrorCode
  | 'account.bad_input'
  | 'account.name_taken'
  | 'account.not_found'
  | 'number.not_found'
  | 'plan.feature_missing'
  | ConversationErrorCode
  | MessageErrorCode
  | Exclude<WebhookErrorCode, 'delivery.not_found'>,
  Refusal
> &
  Partial<Record<BillingErrorCode | CallErrorCode, Refusal>>;

/** Core's names of fields, as this door calls them: of one feature after its noun, of all without. */
export const FIELD_NAMES: Record<string, string> = {
  timeZone: 'timezone',
  'user:name': 'firstName',
  'user:replacementId': 'replacementUserId',
  'webhook:url': 'hookUrl',
  'webhook:events': 'type',
  'contact:phone': 'phoneNumbers.0.number',
  'contact:anyNumber': 'number',
  'contact:numbers': 'phoneNumbers',
  'contact:email': 'emails.0',
  'contact:fields': 'customFields',
  'contact:first_name': 'firstName',
  'contact:last_name': 'lastName',
  'contact:external_id': 'externalId',
  ...Object.fromEntries(Object.entries(ROUTING_WORDS).map(([word, theirs]) => [`routing:${word}`, theirs])),
};
