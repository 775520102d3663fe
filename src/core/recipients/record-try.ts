import { sql, type Transaction } from 'kysely';
import { retryDelay, type RetryPolicy, type TryOutcome } from '#core/recipients/retry-policy.js';
import type { CampaignStatus, Tables } from '#core/tables.js';

export interface Try {
  campaignId: string;
  /** The recipient's position. */
  recipient: number;
  /** Which of their tries; undefined: the one that is under way. */
  try?: number | null | undefined;
  outcome: TryOutcome;
  /** Why, in the words of a call or a text. */
  reason?: string | undefined;
  at: Date;
}

const MINUTE_MS = 60_000;

/**
 * What became of the try that is under way, in the transaction that ends its call or text: the recipient waits for
 * another where the campaign asks for one, else is done. Nothing where no try is under way.
 */
export async function recordTry(tx: Transaction<Tables>, { campaignId, recipient, ...result }: Try): Promise<void> {
  const { rows } = await sql<Trying>`
    select r.status, r.outcome, r.tries, c.status as campaign, c.retry, c.ends_at
    from campaign_recipients r join campaigns c on c.id = r.campaign_id
    where r.campaign_id = ${campaignId} and r.position = ${recipient}
    for update of r`.execute(tx);
  const [trying] = rows;
  if (trying === undefined) return;
  if (result.try !== undefined && result.try !== null && result.try !== trying.tries) return;
  const active = trying.status === 'active';
  // A late receipt may say what became of a text whose fate was not known.
  const openEnd = trying.outcome === 'unknown' || trying.outcome === 'sent';
  if (!active && !(trying.status === 'done' && openEnd)) return;
  if (result.outcome === 'sent') return active ? noteSent(tx, campaignId, recipient) : undefined;
  const dueAt = active ? nextTryAt(trying, result) : undefined;
  await tx
    .updateTable('campaign_recipients')
    .set({
      status: dueAt === undefined ? 'done' : 'waiting',
      outcome: result.outcome,
      reason: result.reason ?? null,
      due_at: dueAt ?? null,
      ended_at: dueAt === undefined ? result.at : null,
    })
    .where('campaign_id', '=', campaignId)
    .where('position', '=', recipient)
    .execute();
}

/** A carrier has it: what becomes of it is still to come. */
async function noteSent(tx: Transaction<Tables>, campaignId: string, recipient: number): Promise<void> {
  await tx
    .updateTable('campaign_recipients')
    .set({ outcome: 'sent', reason: null })
    .where('campaign_id', '=', campaignId)
    .where('position', '=', recipient)
    .execute();
}

interface Trying {
  status: 'waiting' | 'active' | 'done' | 'skipped';
  outcome: string | null;
  tries: number;
  campaign: CampaignStatus;
  retry: RetryPolicy;
  ends_at: Date | null;
}

function nextTryAt({ campaign, retry, tries, ends_at }: Trying, { outcome, at }: Pick<Try, 'outcome' | 'at'>) {
  const minutes = retryDelay(retry, outcome, tries);
  if (minutes === undefined || campaign === 'canceled' || campaign === 'completed') return undefined;
  const dueAt = new Date(at.getTime() + minutes * MINUTE_MS);
  return ends_at !== null && dueAt >= ends_at ? undefined : dueAt;
}

export interface PostponedTry {
  campaignId: string;
  /** The recipient's position. */
  recipient: number;
  dueAt: Date;
}

/**
 * Takes back a try that never left: the recipient waits again, and the try is not spent. Delete the row of its call or
 * text in the same transaction, for the next one has the same number. Nothing where no try is under way.
 */
export async function postponeTry(tx: Transaction<Tables>, postponed: PostponedTry): Promise<void> {
  await tx
    .updateTable('campaign_recipients')
    .set((eb) => ({ status: 'waiting', tries: eb('tries', '-', 1), due_at: postponed.dueAt, last_id: null }))
    .where('campaign_id', '=', postponed.campaignId)
    .where('position', '=', postponed.recipient)
    .where('status', '=', 'active')
    .execute();
}
