import type { Selectable } from 'kysely';
import type { Mode, SuppressionTable } from '#core/tables.js';

export const OPT_OUT_SCOPES = ['marketing', 'outreach', 'all'] as const;
export type OptOutScope = (typeof OPT_OUT_SCOPES)[number];

export const OPT_OUT_CHANNELS = ['all', 'voice', 'sms'] as const;
export type OptOutChannel = (typeof OPT_OUT_CHANNELS)[number];

/** How somebody is reached. */
export type Channel = Exclude<OptOutChannel, 'all'>;

/**
 * How an opt-out came: a `key` pressed in a call; a `text` with a word of rule 4, or in `free_text` that waits for a
 * look; the `owner`, an `import`, or a change of the `contact`.
 */
export const OPT_OUT_SOURCES = ['key', 'text', 'free_text', 'owner', 'import', 'contact'] as const;
export type OptOutSource = (typeof OPT_OUT_SOURCES)[number];

/** Whose ledger. */
export interface SuppressionOwner {
  accountId: string;
  mode: Mode;
}

/** An entry of the ledger; those that were lifted stay as its history. */
export interface Suppression {
  id: string;
  mode: Mode;
  /** Undefined once the person was erased; the entry stops all the same. */
  address: string | undefined;
  scope: OptOutScope;
  channel: OptOutChannel;
  source: string;
  reason: string | undefined;
  callId: string | undefined;
  messageId: string | undefined;
  /** The free words that seemed to revoke, and when somebody had looked at them. */
  reviewText: string | undefined;
  reviewedAt: Date | undefined;
  createdAt: Date;
  liftedAt: Date | undefined;
  liftedReason: string | undefined;
}

export function toSuppression(row: Selectable<SuppressionTable>): Suppression {
  return {
    id: row.id,
    mode: row.mode,
    address: row.address ?? undefined,
    scope: row.scope,
    channel: row.channel,
    source: row.source,
    reason: row.reason ?? undefined,
    callId: row.call_id ?? undefined,
    messageId: row.message_id ?? undefined,
    reviewText: row.review_text ?? undefined,
    reviewedAt: row.reviewed_at ?? undefined,
    createdAt: row.created_at,
    liftedAt: row.lifted_at ?? undefined,
    liftedReason: row.lifted_reason ?? undefined,
  };
}
