import { presentOptionalTime, presentTime } from '#apis/outreach/parse-time.js';
import { REFUSALS } from '#apis/outreach/refusals.js';
import {
  STALL_REASONS,
  type Campaign,
  type CampaignPreview,
  type CampaignStory,
  type CreatedCampaign,
  type Recipient,
  type RecipientCounts,
  type RecipientError,
  type StallReason,
} from '#core/campaigns/index.js';
import { csvLine } from '#core/csv-text.js';
import { outcomesOf } from '#core/recipients/index.js';

/** The four documented fields, and what was wrong with rows, if anything. */
export function presentCreated({ campaign, errors, overlaps, warnings }: CreatedCampaign, numberField = 'phone') {
  return {
    campaign_id: campaign.id,
    status: campaign.status,
    total: campaign.total,
    created_at: presentTime(campaign.createdAt),
    ...(warnings.length === 0 ? {} : { warnings }),
    errors: errors.map((row) => presentRowError(row, numberField)),
    ...(campaign.loading ? { loading: true, import_id: campaign.importId ?? null } : {}),
    ...(overlaps.count === 0
      ? {}
      : {
          overlaps: {
            count: overlaps.count,
            first: overlaps.first.map(({ phone, campaignId }) => ({ phone, campaign_id: campaignId })),
          },
        }),
  };
}

/** As a text that was not accepted; `numberField`: what the request calls the number. */
function presentRowError({ index, phone, error: { code, message, field } }: RecipientError, numberField: string) {
  const names: Record<string, string> = { phone: numberField, timeZone: 'time_zone' };
  return {
    index,
    phone: phone === '' ? null : phone,
    error: { code: REFUSALS[code].code, message, field: names[field] ?? field },
  };
}

export function presentCampaign(campaign: Campaign) {
  const { callingHours, retry, content } = campaign;
  return {
    campaign_id: campaign.id,
    name: campaign.name,
    status: campaign.status,
    reason: campaign.canceledBecause ?? null,
    channel: campaign.channel,
    purpose: campaign.purpose,
    from: campaign.senders,
    message: content.message ?? null,
    audio_url: content.audioUrl ?? null,
    total: campaign.total,
    loading: campaign.loading,
    list_id: campaign.listId ?? null,
    import_id: campaign.importId ?? null,
    start_at: presentOptionalTime(campaign.startsAt),
    end_at: presentOptionalTime(campaign.endsAt),
    timezone: campaign.timeZone ?? null,
    calling_window:
      callingHours === undefined
        ? null
        : { start: callingHours.start, end: callingHours.end, days: [...callingHours.days] },
    retry: {
      max_attempts: retry.attempts,
      minutes_between: retry.delayMinutes,
      delays: retry.delays,
      on: [...retry.on],
    },
    calls_per_second: campaign.callsPerSecond ?? null,
    max_concurrent: campaign.maxConcurrent ?? null,
    created_at: presentTime(campaign.createdAt),
    started_at: presentOptionalTime(campaign.startedAt),
    completed_at: presentOptionalTime(campaign.endedAt),
    metadata: campaign.metadata ?? null,
    live: campaign.mode === 'live',
  };
}

export function presentCampaignStory(campaign: CampaignStory) {
  const { progress } = campaign;
  return {
    ...presentCampaign(campaign),
    stats: {
      total: campaign.total,
      ...presentCounts(progress, campaign.channel),
      queued: progress.waiting + progress.queued,
      ...(campaign.channel === 'voice' ? { dialing: Math.max(0, progress.active - progress.queued) } : {}),
      ...(progress.texts ?? {}),
    },
    progress_percent: Math.round(progress.ratio * 1000) / 10,
    rate_per_minute: progress.perMinute,
    estimated_end_at: presentOptionalTime(progress.estimatedEnd),
    stalled:
      progress.stalled === undefined
        ? null
        : {
            since: presentTime(progress.stalled.since),
            reason: progress.stalled.reason,
            message: STALL_REASONS[progress.stalled.reason as StallReason],
          },
  };
}

/** Every outcome has its figure, also where it is 0. */
export function presentCounts({ waiting, active, done, skipped, outcomes, skips }: RecipientCounts, channel: string) {
  const counted = outcomesOf(channel === 'sms' ? 'sms' : 'voice');
  return {
    waiting,
    active,
    completed: done,
    ...Object.fromEntries(counted.map((outcome) => [outcome, outcomes[outcome] ?? 0])),
    skipped,
    skipped_by_reason: skips,
  };
}

export function presentRecipient(recipient: Recipient) {
  return {
    position: recipient.position,
    phone: recipient.phone,
    contact_id: recipient.contactId ?? null,
    status: recipient.status,
    outcome: recipient.outcome ?? null,
    reason: recipient.reason ?? null,
    attempts: recipient.tries,
    next_attempt_at: presentOptionalTime(recipient.dueAt),
    ended_at: presentOptionalTime(recipient.endedAt),
    last_id: recipient.lastId ?? null,
    variables: recipient.variables,
    metadata: recipient.metadata ?? null,
  };
}

const COLUMNS = ['phone', 'status', 'outcome', 'reason', 'attempts', 'next_attempt_at', 'ended_at', 'last_id'] as const;

export async function* recipientsAsCsv(recipients: AsyncIterable<Recipient>): AsyncGenerator<string> {
  yield csvLine(COLUMNS);
  for await (const recipient of recipients) {
    const row = presentRecipient(recipient);
    yield csvLine(COLUMNS.map((column) => String(row[column] ?? '')));
  }
}

export function presentPreview(preview: CampaignPreview) {
  return {
    total: preview.total,
    reachable: preview.reachable,
    waiting_for_hours: preview.later,
    skipped: preview.total - preview.reachable,
    skipped_by_reason: preview.skips,
    first_skipped: preview.skipped.map(({ phone, outcome }) => ({ phone, reason: outcome })),
    ...(preview.warnings.length === 0 ? {} : { warnings: preview.warnings }),
    errors: preview.errors.map((row) => presentRowError(row, 'phone')),
    segments: preview.segments ?? null,
    estimated_cost: preview.cost,
    estimated_seconds: preview.seconds,
  };
}
