import { newId } from '#core/ids.js';
import type { Db } from '#core/core.js';

export interface AuditEntry {
  /** Undefined: an act on the whole installation. */
  accountId?: string;
  /** Who: `cli`, `first-start`, or the id of a key. */
  actor: string;
  /** What, as `noun.verb`. */
  action: string;
  /** The id of the thing acted on. */
  subject: string;
  /** Never a secret. */
  details?: Record<string, unknown>;
  at: Date;
}

/** Appends to the audit log, in the transaction of the act itself. */
export async function recordAudit(db: Db, entry: AuditEntry): Promise<void> {
  await db
    .insertInto('audit_log')
    .values({
      id: newId('aud', entry.at.getTime()),
      account_id: entry.accountId ?? null,
      actor: entry.actor,
      action: entry.action,
      subject: entry.subject,
      details: JSON.stringify(entry.details ?? {}),
      created_at: entry.at,
    })
    .execute();
}
