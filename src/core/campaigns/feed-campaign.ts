import { sql, type Transaction } from 'kysely';
import { effectiveLimits } from '#core/accounts/index.js';
import { recordCampaignEvent, type CampaignEvent } from '#core/campaigns/campaign-events.js';
import type { CampaignRow } from '#core/campaigns/campaign.js';
import { handOut, type HandingCore } from '#core/campaigns/hand-out.js';
import { judgeRecipients, type DueRecipient, type Verdict } from '#core/campaigns/judge-recipients.js';
import { loadFromList } from '#core/campaigns/load-list.js';
import type { Person } from '#core/campaigns/recipient-message.js';
import { noticeStall } from '#core/campaigns/notice-stall.js';
import { stallReason } from '#core/campaigns/stall-reason.js';
import { sweepWaiting } from '#core/campaigns/sweep-waiting.js';
import type { Core } from '#core/core.js';
import type { Tables } from '#core/tables.js';

export type FeedingCore = HandingCore & Pick<Core, 'secrets'>;

/** Who is handed out waits to be dialled or sent no longer than about this: pauses take effect, and others get their turn. */
const LOOK_AHEAD_SECONDS = 5;
/** With a pace of its own, calls are handed out this long before their time. */
const PACE_AHEAD_MS = 2000;
const LEAST_AHEAD = 10;
const MOST_AHEAD = 1000;
/** Recipients looked at in one transaction. */
const MOST_AT_ONCE = 500;
const LOOK_AGAIN_MS = 500;
const LOOK_AT_STALLED_MS = 10_000;
/** How soon it is seen that the file of the recipients cannot be used. */
const LOOK_AT_FILE_MS = 5000;
/** So long after the last text nobody waits for receipts any more; those that come are written all the same. */
const RECEIPTS_AWAITED_MS = 3_600_000;
/** While receipts alone are awaited, looks are as far apart as a part of the time that has gone by, to a most. */
const RECEIPTS_LOOK_PART = 0.1;
const RECEIPTS_LOOK_MOST_MS = 60_000;

type Tx = Transaction<Tables>;

/**
 * One look at one campaign, which is locked: begins it, hands out as many of its recipients as there is room for, or ends
 * it. Writes when it is to be looked at next.
 */
export async function feedCampaign(core: FeedingCore, tx: Tx, campaign: CampaignRow): Promise<void> {
  const at = new Date(core.clock.now());
  if (campaign.loading) {
    if (campaign.list_id !== null) return loadFromList(tx, campaign, campaign.list_id, at);
    return awaitFile(tx, campaign, at);
  }
  const ended = campaign.ends_at !== null && campaign.ends_at <= at;
  switch (campaign.status) {
    case 'scheduled':
      if (ended) return wind(tx, campaign, 'expired', at);
      return campaign.starts_at !== null && campaign.starts_at > at
        ? update(tx, campaign, { next_at: campaign.starts_at })
        : begin(tx, campaign, at);
    case 'running':
      return ended ? wind(tx, campaign, 'expired', at) : feed(core, tx, campaign, at);
    case 'paused':
      return ended ? wind(tx, campaign, 'expired', at) : update(tx, campaign, { next_at: campaign.ends_at });
    case 'canceled':
      return wind(tx, campaign, 'canceled', at);
    case 'draft':
    case 'completed':
      return update(tx, campaign, { next_at: null });
  }
}

/** Its file is being read; where that failed or was canceled, nobody is there to be reached. */
async function awaitFile(tx: Tx, campaign: CampaignRow, at: Date): Promise<void> {
  const reading = await tx
    .selectFrom('imports')
    .select(['status', 'error'])
    .where('id', '=', campaign.import_id ?? '')
    .executeTakeFirst();
  if (reading !== undefined && reading.status !== 'failed' && reading.status !== 'canceled') {
    return update(tx, campaign, { next_at: after(at, LOOK_AT_FILE_MS) });
  }
  const reason = reading?.error ?? 'The reading of its file was canceled.';
  const over = { status: 'canceled', loading: false, reason, ended_at: at, next_at: null } as const;
  await become(tx, campaign, over, 'campaign.canceled', at);
}

async function begin(tx: Tx, campaign: CampaignRow, at: Date): Promise<void> {
  await become(tx, campaign, { status: 'running', started_at: at, moved_at: at, next_at: at }, 'campaign.started', at);
}

async function feed(core: FeedingCore, tx: Tx, campaign: CampaignRow, at: Date): Promise<void> {
  const reason = (await stallReason(tx, campaign)) ?? null;
  if (reason !== null) {
    await noticeStall(tx, campaign, { reason, moved: false }, at);
    return update(tx, campaign, { reason, next_at: after(at, LOOK_AT_STALLED_MS) });
  }
  const room = await findRoom(tx, campaign, at);
  await oneAtATime(tx, campaign);
  const due = room === 0 ? [] : await dueRecipients(tx, campaign.id, at, Math.min(MOST_AT_ONCE, room * 2 + 20));
  const verdicts = await judgeRecipients(core, tx, campaign, due, at);
  const tried = due.filter((_, index) => verdicts[index]?.kind === 'try').slice(0, room);
  const { people, pacedAt } = inPace(campaign, tried, at);
  const unmade = await handOut(core, tx, campaign, people);
  await skip(
    tx,
    campaign.id,
    [
      ...unmade.map(({ position, reason: why }) => ({ position, outcome: 'invalid', reason: why })),
      ...due.flatMap(({ position }, index) => skipped(position, verdicts[index])),
    ],
    at,
  );
  await postpone(
    tx,
    campaign.id,
    due.flatMap(({ position }, index) => waits(position, verdicts[index])),
  );
  const moved = people.length > unmade.length ? { moved_at: at } : {};
  await noticeStall(tx, campaign, { reason, moved: 'moved_at' in moved }, at);
  const full = room === 0 || tried.length === room;
  const next = full ? after(at, LOOK_AGAIN_MS) : await nextLook(tx, campaign, at);
  if (next === undefined) return finish(tx, campaign, at);
  await update(tx, campaign, { reason: null, next_at: next, paced_at: pacedAt, ...moved });
}

/** Two campaigns of an account, fed by two processes, must each see whom the other one has just handed out. */
async function oneAtATime(tx: Tx, { account_id: accountId, mode, channel }: CampaignRow): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`feed ${accountId} ${mode} ${channel}`}, 0))`.execute(tx);
}

/** How many more may be handed out now. */
async function findRoom(tx: Tx, campaign: CampaignRow, at: Date): Promise<number> {
  const { rows } = await sql<{ queued: string }>`
    select count(*) as queued from ${sql.table(campaign.channel === 'voice' ? 'calls' : 'messages')}
    where campaign_id = ${campaign.id} and status = 'queued'`.execute(tx);
  const ahead = Math.ceil((await perSecond(tx, campaign)) * LOOK_AHEAD_SECONDS);
  const rooms = [Math.min(MOST_AHEAD, Math.max(LEAST_AHEAD, ahead)) - Number(rows[0]?.queued ?? 0)];
  if (campaign.max_concurrent !== null) rooms.push(campaign.max_concurrent - (await countActive(tx, campaign.id)));
  if (campaign.calls_per_second !== null) {
    const from = Math.max(at.getTime(), campaign.paced_at?.getTime() ?? 0);
    const until = at.getTime() + PACE_AHEAD_MS;
    rooms.push(from > until ? 0 : Math.floor(((until - from) * campaign.calls_per_second) / 1000) + 1);
  }
  return Math.max(0, Math.min(...rooms));
}

async function perSecond(tx: Tx, campaign: CampaignRow): Promise<number> {
  if (campaign.channel === 'sms') {
    const { rows } = await sql<{ rate: number | null }>`
      select sum(segments_per_second) as rate from numbers
      where account_id = ${campaign.account_id} and mode = ${campaign.mode}
        and number = any(${campaign.senders}::text[])`.execute(tx);
    return rows[0]?.rate ?? 1;
  }
  const { limits } = await tx
    .selectFrom('accounts')
    .select('limits')
    .where('id', '=', campaign.account_id)
    .executeTakeFirstOrThrow();
  return Math.min(effectiveLimits(limits).calls_per_second, campaign.calls_per_second ?? Infinity);
}

async function countActive(tx: Tx, campaignId: string): Promise<number> {
  const { n } = await tx
    .selectFrom('campaign_recipients')
    .select(({ fn }) => fn.countAll<string>().as('n'))
    .where('campaign_id', '=', campaignId)
    .where('status', '=', 'active')
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** The index `campaign_recipients_due` has them in this order: it costs the same however many wait behind them. */
async function dueRecipients(tx: Tx, campaignId: string, at: Date, most: number): Promise<DueRecipient[]> {
  return tx
    .selectFrom('campaign_recipients')
    .select(['position', 'phone', 'variables', 'metadata', 'time_zone', 'consent', 'tries'])
    .where('campaign_id', '=', campaignId)
    .where('status', '=', 'waiting')
    .where('due_at', '<=', at)
    .orderBy('due_at')
    .orderBy('position')
    .limit(most)
    .forUpdate()
    .skipLocked()
    .execute();
}

/** With a pace of its own the campaign's calls are due one after the other, evenly spaced. */
function inPace(campaign: CampaignRow, tried: readonly DueRecipient[], at: Date) {
  const stepMs = campaign.calls_per_second === null ? 0 : 1000 / campaign.calls_per_second;
  const firstMs = stepMs === 0 ? at.getTime() : Math.max(at.getTime(), campaign.paced_at?.getTime() ?? 0);
  const people = tried.map(({ position, phone, variables, metadata, tries }, index): Person => ({
    ...{ position, phone, variables, metadata, try: tries + 1 },
    dueAt: new Date(firstMs + index * stepMs),
  }));
  return { people, pacedAt: stepMs === 0 ? null : new Date(firstMs + people.length * stepMs) };
}

function skipped(position: number, verdict: Verdict | undefined) {
  return verdict?.kind === 'skip' ? [{ position, outcome: verdict.outcome, reason: null }] : [];
}

function waits(position: number, verdict: Verdict | undefined) {
  return verdict?.kind === 'wait' ? [{ position, until: verdict.until }] : [];
}

/** Who was tried before keeps what became of it, and is done. */
async function skip(
  tx: Tx,
  campaignId: string,
  rows: readonly { position: number; outcome: string; reason: string | null }[],
  at: Date,
): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    update campaign_recipients r
    set status = case when r.tries > 0 then 'done' else 'skipped' end,
      outcome = case when r.tries > 0 and r.outcome is not null then r.outcome else s.outcome end,
      reason = coalesce(s.reason, r.reason), due_at = null, ended_at = ${at}
    from unnest(${rows.map(({ position }) => position)}::integer[], ${rows.map(({ outcome }) => outcome)}::text[],
      ${rows.map(({ reason }) => reason)}::text[]) as s (position, outcome, reason)
    where r.campaign_id = ${campaignId} and r.position = s.position`.execute(tx);
}

async function postpone(tx: Tx, campaignId: string, rows: readonly { position: number; until: Date }[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    update campaign_recipients r set due_at = s.until
    from unnest(${rows.map(({ position }) => position)}::integer[], ${rows.map(({ until }) => until)}::timestamptz[])
      as s (position, until)
    where r.campaign_id = ${campaignId} and r.position = s.position`.execute(tx);
}

/** Undefined: nobody waits, and nobody is on the way. */
async function nextLook(tx: Tx, campaign: CampaignRow, at: Date): Promise<Date | undefined> {
  const first = await tx
    .selectFrom('campaign_recipients')
    .select('due_at')
    .where('campaign_id', '=', campaign.id)
    .where('status', '=', 'waiting')
    .orderBy('due_at')
    .orderBy('position')
    .limit(1)
    .executeTakeFirst();
  const look = await lookAtActive(tx, campaign, at);
  if (look !== undefined) {
    return earliest(look, first?.due_at, campaign.ends_at);
  }
  if (first === undefined) return undefined;
  return earliest(first.due_at ?? at, campaign.ends_at);
}

/** When to look again because of somebody who is on the way; undefined: nobody is, or nobody is waited for any more. */
async function lookAtActive(tx: Tx, campaign: CampaignRow, at: Date): Promise<Date | undefined> {
  const soon = after(at, LOOK_AGAIN_MS);
  const active = await tx
    .selectFrom('campaign_recipients')
    .select('position')
    .where('campaign_id', '=', campaign.id)
    .where('status', '=', 'active')
    .limit(1)
    .executeTakeFirst();
  if (active === undefined) return undefined;
  if (campaign.channel === 'voice') return soon;
  if (await anyUnsent(tx, campaign)) return soon;
  const waitedMs = at.getTime() - (campaign.moved_at ?? at).getTime();
  if (waitedMs >= RECEIPTS_AWAITED_MS) return undefined;
  const lookMs = Math.min(Math.max(LOOK_AGAIN_MS, waitedMs * RECEIPTS_LOOK_PART), RECEIPTS_LOOK_MOST_MS);
  return after(at, Math.min(lookMs, RECEIPTS_AWAITED_MS - waitedMs));
}

/** By two indexes that hold only what has not left: of a million texts that have, none is looked at. */
async function anyUnsent(tx: Tx, { id }: CampaignRow): Promise<boolean> {
  const { rows } = await sql<{ unsent: boolean }>`
    select exists (select from messages where campaign_id = ${id} and status = 'queued')
      or exists (select from messages where node_id is not null and campaign_id = ${id} and status = 'sending')
      as unsent`.execute(tx);
  return rows[0]?.unsent ?? false;
}

/** Its time is over: nobody else is tried, and it ends once nobody is on the way any more. */
async function wind(tx: Tx, campaign: CampaignRow, outcome: 'expired' | 'canceled', at: Date): Promise<void> {
  const more = await sweepWaiting(tx, campaign, outcome, at);
  if (more) return update(tx, campaign, { next_at: at });
  const look = await lookAtActive(tx, campaign, at);
  if (look !== undefined) return update(tx, campaign, { next_at: look });
  return finish(tx, campaign, at);
}

async function finish(tx: Tx, campaign: CampaignRow, at: Date): Promise<void> {
  // Texts whose receipts nobody waits for any more.
  await tx
    .updateTable('campaign_recipients')
    .set({ status: 'done', ended_at: at })
    .where('campaign_id', '=', campaign.id)
    .where('status', '=', 'active')
    .execute();
  // A try may have ended since we looked, and its recipient wait for the next. From here on nobody is under way.
  if (await anyWaiting(tx, campaign)) return update(tx, campaign, { next_at: after(at, LOOK_AGAIN_MS) });
  if (campaign.status === 'canceled') return update(tx, campaign, { next_at: null });
  const over = { status: 'completed', reason: null, ended_at: at, next_at: null } as const;
  await become(tx, campaign, over, 'campaign.completed', at);
}

async function anyWaiting(tx: Tx, { id }: CampaignRow): Promise<boolean> {
  const waiting = await tx
    .selectFrom('campaign_recipients')
    .select('position')
    .where('campaign_id', '=', id)
    .where('status', '=', 'waiting')
    .limit(1)
    .executeTakeFirst();
  return waiting !== undefined;
}

async function become(tx: Tx, campaign: CampaignRow, change: Partial<CampaignRow>, type: CampaignEvent, at: Date) {
  await update(tx, campaign, change);
  await recordCampaignEvent(tx, { ...campaign, ...change }, type, at);
}

async function update(
  tx: Tx,
  { id }: CampaignRow,
  change: Partial<
    Pick<CampaignRow, 'status' | 'loading' | 'reason' | 'next_at' | 'paced_at' | 'moved_at' | 'started_at' | 'ended_at'>
  >,
): Promise<void> {
  await tx.updateTable('campaigns').set(change).where('id', '=', id).execute();
}

function earliest(first: Date, ...others: (Date | null | undefined)[]): Date {
  return others.reduce<Date>((found, other) => (other && other < found ? other : found), first);
}

function after(at: Date, ms: number): Date {
  return new Date(at.getTime() + ms);
}
