import { sql, type Transaction } from 'kysely';
import type { MessageRow } from '#core/messages/message.js';
import type { Tables } from '#core/tables.js';

const MINUTE_MS = 60_000;
/**
 * How long a text of unknown fate waits before it goes once more, where its account wants that; after the last one it
 * stays unknown. A receipt that comes in a pause says that it need not go again.
 */
const PAUSES_MS = [0.5 * MINUTE_MS, MINUTE_MS, 5 * MINUTE_MS] as const;

/** When it goes once more; undefined: it went often enough, or would expire before. */
export function resendAt(text: Pick<MessageRow, 'unsure_tries' | 'expires_at'>, at: Date): Date | undefined {
  const pause = PAUSES_MS[text.unsure_tries];
  if (pause === undefined) return undefined;
  const dueAt = new Date(at.getTime() + pause);
  return dueAt < text.expires_at ? dueAt : undefined;
}

/** Accounts that rather have a text twice than not at all (rule 18). */
export async function accountsThatResend(tx: Transaction<Tables>, accountIds: readonly string[]): Promise<Set<string>> {
  if (accountIds.length === 0) return new Set();
  const rows = await tx
    .selectFrom('accounts')
    .select('id')
    .where('id', 'in', [...new Set(accountIds)])
    .where(sql<boolean>`outreach_policy->>'on_unknown' = 'resend'`)
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** Back into the queue, for a time that `resendAt` gave. */
export async function resendUnsure(
  tx: Transaction<Tables>,
  texts: readonly { id: string; dueAt: Date; detail?: string }[],
): Promise<void> {
  if (texts.length === 0) return;
  await sql`
    update messages m
    set status = 'queued', node_id = null, sending_at = null, due_at = again.due_at,
      unsure_tries = m.unsure_tries + 1, carrier_detail = coalesce(again.detail, m.carrier_detail)
    from unnest(
      ${texts.map(({ id }) => id)}::text[], ${texts.map(({ dueAt }) => dueAt)}::timestamptz[],
      ${texts.map(({ detail }) => detail ?? null)}::text[]
    ) as again (id, due_at, detail)
    where m.id = again.id`.execute(tx);
}
