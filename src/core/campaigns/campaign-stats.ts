import { sql } from 'kysely';
import { costOf, priceOf } from '#core/billing/index.js';
import type { Campaign } from '#core/campaigns/campaign.js';
import type { Db } from '#core/core.js';
import type { SkipOutcome, TryOutcome } from '#core/recipients/index.js';

/** How many recipients are where. */
export interface RecipientCounts {
  waiting: number;
  active: number;
  done: number;
  skipped: number;
  /** Of those done: what became of their last try; `sent` also of those whose receipt is awaited. */
  outcomes: Partial<Record<TryOutcome, number>>;
  /** Of those skipped: why. */
  skips: Partial<Record<SkipOutcome, number>>;
}

/** One pass over the recipients of one campaign, by the index of their key. */
export async function countRecipients(db: Db, campaignId: string): Promise<RecipientCounts> {
  const { rows } = await sql<{ status: string; outcome: string | null; n: string }>`
    select status, case when status <> 'waiting' then outcome end as outcome, count(*) as n
    from campaign_recipients where campaign_id = ${campaignId}
    group by 1, 2`.execute(db);
  const counts: RecipientCounts = { waiting: 0, active: 0, done: 0, skipped: 0, outcomes: {}, skips: {} };
  for (const { status, outcome, n } of rows) {
    counts[status as 'waiting'] += Number(n);
    if (status === 'done' || outcome === 'sent') {
      counts.outcomes[outcome as TryOutcome] = (counts.outcomes[outcome as TryOutcome] ?? 0) + Number(n);
    }
    if (status === 'skipped') counts.skips[outcome as SkipOutcome] = Number(n);
  }
  return counts;
}

export interface CampaignProgress extends RecipientCounts {
  /** Of calls handed out: those that nobody has dialled yet. */
  queued: number;
  /** Recipients done or skipped, of all; 0 to 1. */
  ratio: number;
  /** Recipients that came to an end within the last minutes, a minute. */
  perMinute: number;
  estimatedEnd: Date | undefined;
  /** Of a campaign by text: segments of the texts so far, and what they cost at today's price, in minor units. */
  texts: { segments: number; cost: number } | undefined;
  /** Nothing moved for an hour though somebody was due; why, as far as it is known. */
  stalled: { since: Date; reason: string } | undefined;
}

const RATE_MINUTES = 5;
export const STALLED_AFTER_MS = 3_600_000;

export async function campaignProgress(
  db: Db,
  campaign: Campaign & { reason: string | null; movedAt: Date | null },
  at: Date,
): Promise<CampaignProgress> {
  const counts = await countRecipients(db, campaign.id);
  const open = counts.waiting + counts.active;
  const ended = counts.done + counts.skipped;
  const perMinute = await endedPerMinute(db, campaign, at);
  const minutesLeft = perMinute > 0 ? open / perMinute : Infinity;
  const estimated = new Date(at.getTime() + minutesLeft * 60_000);
  const running = campaign.status === 'running';
  return {
    ...counts,
    queued: await countQueued(db, campaign),
    ratio: campaign.total === 0 ? 0 : Math.min(1, ended / campaign.total),
    perMinute,
    estimatedEnd: !running || open === 0 || Number.isNaN(estimated.getTime()) ? undefined : estimated,
    texts: campaign.channel === 'sms' ? await countTexts(db, campaign) : undefined,
    stalled: running ? await stalled(db, campaign, at) : undefined,
  };
}

async function countQueued(db: Db, { id, channel }: Campaign): Promise<number> {
  const { n } = await db
    .selectFrom(channel === 'voice' ? 'calls' : 'messages')
    .select(({ fn }) => fn.countAll<string>().as('n'))
    .where('campaign_id', '=', id)
    .where('status', '=', 'queued')
    .executeTakeFirstOrThrow();
  return Number(n);
}

async function endedPerMinute(db: Db, { id, startedAt }: Campaign, at: Date): Promise<number> {
  if (startedAt === undefined) return 0;
  const since = new Date(Math.max(startedAt.getTime(), at.getTime() - RATE_MINUTES * 60_000));
  const minutes = Math.max(1 / 60, (at.getTime() - since.getTime()) / 60_000);
  const { n } = await db
    .selectFrom('campaign_recipients')
    .select(({ fn }) => fn.countAll<string>().as('n'))
    .where('campaign_id', '=', id)
    .where('status', '=', 'done')
    .where('ended_at', '>', since)
    .executeTakeFirstOrThrow();
  return Math.round((Number(n) / minutes) * 10) / 10;
}

async function countTexts(db: Db, { id, accountId }: Campaign): Promise<{ segments: number; cost: number }> {
  const { rows } = await sql<{ segments: string | null }>`
    select sum(segments) as segments from messages
    where campaign_id = ${id} and sent_at is not null`.execute(db);
  const segments = Number(rows[0]?.segments ?? 0);
  return { segments, cost: costOf(await priceOf(db, accountId, 'sms_segment'), segments) };
}

/** While it runs: since when nobody was called or texted, and why; undefined: there is nothing to tell. */
export async function stalled(
  db: Db,
  { id, reason, movedAt }: Pick<Campaign, 'id'> & { reason: string | null; movedAt: Date | null },
  at: Date,
): Promise<CampaignProgress['stalled']> {
  if (movedAt === null || movedAt.getTime() > at.getTime() - STALLED_AFTER_MS) return undefined;
  if (reason !== null) return { since: movedAt, reason };
  const due = await db
    .selectFrom('campaign_recipients')
    .select('position')
    .where('campaign_id', '=', id)
    .where('status', '=', 'waiting')
    .where('due_at', '<', new Date(at.getTime() - STALLED_AFTER_MS))
    .limit(1)
    .executeTakeFirst();
  return due === undefined ? undefined : { since: movedAt, reason: 'queue' };
}
