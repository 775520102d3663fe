import type { Selectable } from 'kysely';
import type { PlaceCall } from '#core/calls/index.js';
import type { CallingHours } from '#core/calling-hours/index.js';
import type { RetryPolicy } from '#core/recipients/index.js';
import type { CampaignStatus, CampaignTable, Mode } from '#core/tables.js';

export type CampaignRow = Selectable<CampaignTable>;

export interface CampaignOwner {
  accountId: string;
  mode: Mode;
}

/** What is said or written to everybody, as it was asked for; what a recipient knows better is laid over `variables`. */
export type CampaignContent = Pick<
  PlaceCall,
  | 'message'
  | 'audioUrl'
  | 'voice'
  | 'variables'
  | 'keys'
  | 'machine'
  | 'record'
  | 'ringTimeoutSeconds'
  | 'maxDurationSeconds'
> & {
  /** Of a text: from its time on; then it is not sent any more. */
  validitySeconds?: number | undefined;
};

export const CAMPAIGN_LIMITS = {
  nameCharacters: 200,
  senders: 100,
  /** Recipients in one request; more come by a list or an upload. */
  contacts: 10_000,
  callsPerSecond: { least: 0.01, most: 1000 },
  maxConcurrent: 10_000,
  metadataBytes: 4096,
  variables: 100,
  variableCharacters: 1000,
  consentCharacters: 500,
  scheduleDays: 366,
} as const;

/** A campaign as the doors see it. */
export interface Campaign {
  id: string;
  accountId: string;
  mode: Mode;
  name: string;
  channel: 'voice' | 'sms';
  purpose: 'transactional' | 'marketing';
  status: CampaignStatus;
  /** A sentence. */
  canceledBecause: string | undefined;
  senders: string[];
  content: CampaignContent;
  callingHours: CallingHours | undefined;
  timeZone: string | undefined;
  retry: RetryPolicy;
  callsPerSecond: number | undefined;
  maxConcurrent: number | undefined;
  webhookUrl: string | undefined;
  metadata: Record<string, unknown> | undefined;
  /** Recipients so far; all of them once it is not `loading`. */
  total: number;
  loading: boolean;
  listId: string | undefined;
  importId: string | undefined;
  startsAt: Date | undefined;
  endsAt: Date | undefined;
  createdAt: Date;
  startedAt: Date | undefined;
  endedAt: Date | undefined;
}

export function toCampaign(row: CampaignRow): Campaign {
  return {
    id: row.id,
    accountId: row.account_id,
    mode: row.mode,
    name: row.name,
    channel: row.channel,
    purpose: row.purpose,
    status: row.status,
    canceledBecause: row.status === 'canceled' ? (row.reason ?? undefined) : undefined,
    senders: row.senders,
    content: row.content,
    callingHours: row.calling_hours ?? undefined,
    timeZone: row.time_zone ?? undefined,
    retry: row.retry,
    callsPerSecond: row.calls_per_second ?? undefined,
    maxConcurrent: row.max_concurrent ?? undefined,
    webhookUrl: row.webhook_url ?? undefined,
    metadata: row.metadata ?? undefined,
    total: row.recipients,
    loading: row.loading,
    listId: row.list_id ?? undefined,
    importId: row.import_id ?? undefined,
    startsAt: row.starts_at ?? undefined,
    endsAt: row.ends_at ?? undefined,
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
  };
}
