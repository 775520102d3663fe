import { verificationReasonText, type VerificationRow } from '#core/calls/index.js';
import type { Mode, VerificationStatus } from '#core/tables.js';

/** A one-time code and what became of it, as the doors see it. Never the code. */
export interface Verification {
  id: string;
  accountId: string;
  mode: Mode;
  to: string;
  channel: 'voice' | 'sms';
  status: VerificationStatus;
  /** The code is the client's own, who checks it too. */
  clientSupplied: boolean;
  /** BCP 47: as asked for, and as spoken. */
  language: string;
  languageUsed: string;
  attemptsLeft: number;
  callId: string | undefined;
  reason: string | undefined;
  /** The sentence behind `reason`. */
  reasonText: string | undefined;
  createdAt: Date;
  expiresAt: Date;
  deliveredAt: Date | undefined;
  verifiedAt: Date | undefined;
  endedAt: Date | undefined;
}

export interface VerificationOwner {
  accountId: string;
  mode: Mode;
}

/** `now`: what has passed its time is `expired`, also before anybody wrote that down. */
export function toVerification(row: VerificationRow, now: number): Verification {
  const isPast = row.status === 'delivered' && !row.client_supplied && row.expires_at.getTime() <= now;
  return {
    id: row.id,
    accountId: row.account_id,
    mode: row.mode,
    to: row.to_number,
    channel: row.channel,
    status: isPast ? 'expired' : row.status,
    clientSupplied: row.client_supplied,
    language: row.language,
    languageUsed: row.language_used,
    attemptsLeft: row.attempts_left,
    callId: row.call_id ?? undefined,
    reason: row.reason ?? undefined,
    reasonText: row.reason === null ? undefined : verificationReasonText(row.reason),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    deliveredAt: row.delivered_at ?? undefined,
    verifiedAt: row.verified_at ?? undefined,
    endedAt: row.ended_at ?? (isPast ? row.expires_at : undefined),
  };
}
