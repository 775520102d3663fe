import { sql } from 'kysely';
import { effectiveLimits } from '#core/accounts/index.js';
import { costOf, priceOf } from '#core/billing/index.js';
import type { CampaignOwner, CampaignRow } from '#core/campaigns/campaign.js';
import { checkPlan } from '#core/campaigns/check-campaign.js';
import { checkSpeaker, speakingOf } from '#core/campaigns/check-senders.js';
import type { RecipientError } from '#core/campaigns/check-recipients.js';
import { recipientsOf, type NewCampaign } from '#core/campaigns/create-campaign.js';
import { campaignRow } from '#core/campaigns/find-campaign.js';
import { judgeRecipients, type DueRecipient } from '#core/campaigns/judge-recipients.js';
import { textTo } from '#core/campaigns/recipient-message.js';
import type { Core, Db } from '#core/core.js';
import type { SkipOutcome } from '#core/recipients/index.js';

/** What a campaign would do if it began at its time, as far as can be known now. */
export interface CampaignPreview {
  total: number;
  reachable: number;
  /** Of those reachable: whose hours, or whose tries of a day, make them wait first. */
  later: number;
  skips: Partial<Record<SkipOutcome, number>>;
  /** The first of those who would be skipped. */
  skipped: { phone: string; outcome: SkipOutcome }[];
  /** Rows that would not be taken. */
  errors: RecipientError[];
  /** What speaks against it and does not stop it. */
  warnings: string[];
  /** Of texts. */
  segments: number | undefined;
  /** In minor units, at today's price: of all texts, or of calls as long as their message, each answered. */
  cost: number;
  /** Without the hours in which nobody is reached. */
  seconds: number;
}

const SHOWN = 100;
const PAGE = 2000;
/** How fast people speak, and how long it rings before somebody answers: of calls that have not been made. */
const CHARACTERS_PER_SECOND = 14;
const RING_SECONDS = 10;

type Planned = Pick<
  CampaignRow,
  | 'id'
  | 'account_id'
  | 'mode'
  | 'channel'
  | 'purpose'
  | 'calling_hours'
  | 'ends_at'
  | 'content'
  | 'senders'
  | 'calls_per_second'
  | 'max_concurrent'
>;
type PreviewCore = Pick<Core, 'db' | 'clock' | 'secrets'>;

/** Of a campaign that there is: of those who still wait. @throws CoreError `campaign.not_found` */
export async function previewCampaign(core: PreviewCore, owner: CampaignOwner, id: string): Promise<CampaignPreview> {
  const row = await campaignRow(core.db, owner, id);
  return preview(core, row, waiting(core.db, id), startOf(core, row.starts_at), []);
}

/** Of one that is not made yet, with its recipients in the request. @throws CoreError as `createCampaign` does */
export async function previewNewCampaign(
  core: PreviewCore & Pick<Core, 'speech' | 'settings'>,
  input: NewCampaign,
): Promise<CampaignPreview> {
  const { hours } = checkPlan(core, input);
  const at = startOf(core, input.startAt ?? null);
  const { good, errors } = recipientsOf(input, hours, at);
  const planned: Planned = {
    id: '',
    account_id: input.accountId,
    mode: input.mode,
    channel: input.channel,
    purpose: input.purpose,
    calling_hours: hours ?? null,
    ends_at: input.endAt ?? null,
    content: input.content,
    senders: [...input.senders],
    calls_per_second: input.callsPerSecond ?? null,
    max_concurrent: input.maxConcurrent ?? null,
  };
  const recipients = good.map(({ phone, variables = {}, timeZone = null, consent = null }, index): DueRecipient => ({
    ...{ position: index + 1, phone, variables: { ...variables }, metadata: null, tries: 0 },
    ...{ time_zone: timeZone, consent },
  }));
  return preview(core, planned, pagesOf(recipients), at, errors);
}

function startOf({ clock }: Pick<Core, 'clock'>, startsAt: Date | null): Date {
  return new Date(Math.max(clock.now(), startsAt?.getTime() ?? 0));
}

async function* waiting(db: Db, id: string): AsyncGenerator<DueRecipient[]> {
  for (let after = 0; ;) {
    const page = await db
      .selectFrom('campaign_recipients')
      .select(['position', 'phone', 'variables', 'metadata', 'time_zone', 'consent', 'tries'])
      .where('campaign_id', '=', id)
      .where('position', '>', after)
      .where('status', '=', 'waiting')
      .orderBy('position')
      .limit(PAGE)
      .execute();
    yield page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.position ?? after;
  }
}

function* pagesOf(recipients: readonly DueRecipient[]): Generator<DueRecipient[]> {
  for (let start = 0; start < recipients.length; start += PAGE) yield recipients.slice(start, start + PAGE);
}

async function preview(
  core: PreviewCore,
  campaign: Planned,
  pages: AsyncIterable<DueRecipient[]> | Iterable<DueRecipient[]>,
  at: Date,
  errors: RecipientError[],
): Promise<CampaignPreview> {
  const warnings = await checkSpeaker(core.db, speakingOf(campaign));
  const found = { total: 0, reachable: 0, later: 0, segments: 0 };
  const skips: CampaignPreview['skips'] = {};
  const skipped: CampaignPreview['skipped'] = [];
  for await (const page of pages) {
    const verdicts = await judgeRecipients(core, core.db, campaign, page, at);
    page.forEach(({ phone, variables }, index) => {
      const verdict = verdicts[index];
      found.total += 1;
      if (verdict?.kind === 'skip') {
        skips[verdict.outcome] = (skips[verdict.outcome] ?? 0) + 1;
        if (skipped.length < SHOWN) skipped.push({ phone, outcome: verdict.outcome });
        return;
      }
      found.reachable += 1;
      if (verdict?.kind === 'wait') found.later += 1;
      if (campaign.channel === 'sms') found.segments += textTo(campaign.content, phone, variables).segments;
    });
  }
  const texted = campaign.channel === 'sms';
  const callSeconds = Math.ceil((campaign.content.message?.length ?? 0) / CHARACTERS_PER_SECOND);
  const units = texted ? found.segments : found.reachable * Math.max(1, Math.ceil(callSeconds / 60));
  const price = await priceOf(core.db, campaign.account_id, texted ? 'sms_segment' : 'voice_minute');
  const rate = texted
    ? await segmentsPerSecond(core.db, campaign)
    : await callsPerSecond(core.db, campaign, callSeconds);
  return {
    ...{ total: found.total, reachable: found.reachable, later: found.later, skips, skipped, errors },
    warnings,
    segments: texted ? found.segments : undefined,
    cost: costOf(price, units),
    seconds: rate > 0 ? Math.ceil((texted ? found.segments : found.reachable) / rate) : 0,
  };
}

async function segmentsPerSecond(db: Db, campaign: Planned): Promise<number> {
  const { rows } = await sql<{ rate: number | null }>`
    select sum(segments_per_second) as rate from numbers
    where account_id = ${campaign.account_id} and mode = ${campaign.mode}
      and number = any(${campaign.senders}::text[])`.execute(db);
  return rows[0]?.rate ?? 1;
}

/** As the narrowest allows: the campaign, its account, and with a live key the trunks together. */
async function callsPerSecond(db: Db, campaign: Planned, callSeconds: number): Promise<number> {
  const { limits } = await db
    .selectFrom('accounts')
    .select('limits')
    .where('id', '=', campaign.account_id)
    .executeTakeFirstOrThrow();
  const { calls_per_second: pace, concurrent_calls: concurrent } = effectiveLimits(limits);
  const paces = [pace, campaign.calls_per_second ?? Infinity];
  const channels = [concurrent, campaign.max_concurrent ?? Infinity];
  if (campaign.mode === 'live') {
    const { rows } = await sql<{ pace: number | null; channels: string | null }>`
      select sum(calls_per_second) as pace, sum(channels) as channels from trunks
      where account_id is null or account_id = ${campaign.account_id}`.execute(db);
    paces.push(rows[0]?.pace ?? Infinity);
    channels.push(Number(rows[0]?.channels ?? Infinity));
  }
  return Math.min(...paces, Math.min(...channels) / (callSeconds + RING_SECONDS));
}
