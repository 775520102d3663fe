import type { CheckedCode, Verification } from '#core/verifications/index.js';
import { TEST_CODE } from '#core/verifications/index.js';
import type { Mode } from '#core/tables.js';

/** The reply to `POST /v1/otp`. A simulated one says `delivered` at once, as documented, and is called all the same. */
export function presentRequested(verification: Verification) {
  const { id, to, channel, languageUsed, clientSupplied, createdAt, expiresAt } = verification;
  const facts = { id, to, channel, language_used: languageUsed };
  if (verification.mode === 'live') {
    return {
      object: 'otp' as const,
      livemode: true,
      ...facts,
      status: 'calling',
      ...(clientSupplied ? { verification: 'client' } : { expires_at: time(expiresAt) }),
    };
  }
  return {
    object: 'otp' as const,
    simulated: true,
    livemode: false,
    ...facts,
    status: 'delivered',
    ...(clientSupplied
      ? { verification: 'client' }
      : { expires_in: Math.round((expiresAt.getTime() - createdAt.getTime()) / 1000), sandbox_code: TEST_CODE }),
  };
}

export function presentOtp(verification: Verification) {
  return {
    object: 'otp' as const,
    ...modeOf(verification.mode),
    id: verification.id,
    to: verification.to,
    status: verification.status,
    channel: verification.channel,
    language: verification.language,
    language_used: verification.languageUsed,
    verification: verification.clientSupplied ? 'client' : 'server',
    attempts_left: verification.attemptsLeft,
    call: verification.callId ?? null,
    created_at: time(verification.createdAt),
    expires_at: time(verification.expiresAt),
    delivered_at: optionalTime(verification.deliveredAt),
    verified_at: optionalTime(verification.verifiedAt),
    ended_at: optionalTime(verification.endedAt),
    failure:
      verification.reason === undefined
        ? null
        : { reason: verification.reason, message: verification.reasonText ?? verification.reason },
  };
}

export function presentChecked({ status, attemptsLeft }: CheckedCode, mode: Mode) {
  return {
    object: 'otp_verification' as const,
    ...modeOf(mode),
    status,
    verified: status === 'verified',
    attempts_left: attemptsLeft,
  };
}

function modeOf(mode: Mode) {
  return { livemode: mode === 'live', ...(mode === 'test' ? { simulated: true } : {}) };
}

/** Without fraction (rule 29). */
function time(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}

function optionalTime(at: Date | undefined): string | null {
  return at === undefined ? null : time(at);
}
