import type { Refusal } from '#apis/http/index.js';
import type { ErrorCode } from '#core/errors.js';

const badInput = (code: string): Refusal => ({ status: 400, code });
const notFound = (code: string): Refusal => ({ status: 404, code });
const conflict = (code: string): Refusal => ({ status: 409, code });

/** Core's codes are this door's codes. */
export const REFUSALS = {
  'account.not_found': notFound('account.not_found'),
  'account.name_taken': conflict('account.name_taken'),
  'account.bad_input': badInput('account.bad_input'),
  'account.unknown_limit': notFound('account.unknown_limit'),
  'ban.not_found': notFound('ban.not_found'),
  'key.not_found': notFound('key.not_found'),
  'key.bad_input': badInput('key.bad_input'),
  'price.bad_input': badInput('price.bad_input'),
  'price.unknown_unit': notFound('price.unknown_unit'),
  'wallet.bad_input': badInput('wallet.bad_input'),
  'wallet.insufficient_funds': { status: 402, code: 'wallet.insufficient_funds' },
  'wallet.currency_fixed': conflict('wallet.currency_fixed'),
  'wallet.unknown_entry': notFound('wallet.unknown_entry'),
  'call.bad_input': badInput('call.bad_input'),
  'call.sender_not_owned': badInput('call.sender_not_owned'),
  'call.recipient_suppressed': conflict('call.recipient_suppressed'),
  'call.destination_not_allowed': badInput('call.destination_not_allowed'),
  'call.intake_full': { status: 503, code: 'unavailable' },
  'call.not_found': notFound('call.not_found'),
  'call.already_ended': conflict('call.already_ended'),
  'recording.not_found': notFound('recording.not_found'),
  'number.bad_format': badInput('number.bad_format'),
  'number.taken': conflict('number.taken'),
  'number.not_found': notFound('number.not_found'),
  'user.bad_input': badInput('user.bad_input'),
  'user.not_found': notFound('user.not_found'),
  'user.email_taken': conflict('user.email_taken'),
  'user.too_many': conflict('user.too_many'),
  'user.no_phone': conflict('user.no_phone'),
  'group.bad_input': badInput('group.bad_input'),
  'group.not_found': notFound('group.not_found'),
  'group.name_taken': conflict('group.name_taken'),
  'group.too_many': conflict('group.too_many'),
  'phone.bad_input': badInput('phone.bad_input'),
  'phone.name_taken': conflict('phone.name_taken'),
  'phone.not_found': notFound('phone.not_found'),
  'trunk.bad_input': badInput('trunk.bad_input'),
  'trunk.name_taken': conflict('trunk.name_taken'),
  'trunk.not_found': notFound('trunk.not_found'),
  'trunk.unreachable_from_here': conflict('trunk.unreachable_from_here'),
  'delivery.not_found': notFound('delivery.not_found'),
  'webhook.bad_input': badInput('webhook.bad_input'),
} satisfies Record<ErrorCode, Refusal>;
