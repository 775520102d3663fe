import type { CallingHours } from '#core/calling-hours/index.js';
import type { Db } from '#core/core.js';
import { CAMPAIGN_PRIORITY } from '#core/purpose.js';
import { NO_RETRY } from '#core/recipients/index.js';
import type { Mode } from '#core/tables.js';

interface Campaign {
  id: string;
  accountId: string;
  mode: Mode;
  at: Date;
  status?: 'running' | 'paused' | 'completed' | 'canceled';
  hours?: CallingHours;
}

/** A campaign's row, and with `addCall` its recipients as if they had just been handed to dialling. */
export async function insertCampaign(db: Db, campaign: Campaign): Promise<void> {
  await db
    .insertInto('campaigns')
    .values({
      ...{ id: campaign.id, account_id: campaign.accountId, mode: campaign.mode, name: campaign.id, channel: 'voice' },
      ...{ purpose: 'transactional', status: campaign.status ?? 'running', senders: ['+15005550100'], content: '{}' },
      ...{ calling_hours: campaign.hours === undefined ? null : JSON.stringify(campaign.hours), time_zone: null },
      ...{
        retry: JSON.stringify(NO_RETRY),
        calls_per_second: null,
        max_concurrent: null,
        webhook_url: null,
        dialect: 'test',
        metadata: null,
      },
      ...{ starts_at: campaign.at, ends_at: null, created_at: campaign.at },
    })
    .execute();
}

export async function addCall(
  db: Db,
  campaign: Pick<Campaign, 'id' | 'accountId' | 'mode' | 'at'>,
  person: { position: number; phone: string; timeZone?: string; words?: number; node?: number },
): Promise<string> {
  const id = `cal_${campaign.id}_${person.position}`;
  await db
    .insertInto('campaign_recipients')
    .values({
      ...{ campaign_id: campaign.id, position: person.position, phone: person.phone, contact_id: null },
      ...{ time_zone: person.timeZone ?? null, consent: null, metadata: null, status: 'active', tries: 1 },
      ...{ due_at: null, last_id: id },
    })
    .execute();
  const voice = 'en-US-Standard-F';
  const script = { voice: { asked: voice, used: voice, degraded: false }, keys: {} };
  await db
    .insertInto('calls')
    .values({
      ...{ id, account_id: campaign.accountId, mode: campaign.mode, purpose: 'transactional' },
      ...{ priority: CAMPAIGN_PRIORITY, status: 'queued', to_number: person.phone, from_number: '+15005550100' },
      ...{ script: JSON.stringify({ ...script, message: 'word '.repeat(person.words ?? 5) }), dialect: 'test' },
      ...{ ring_timeout_seconds: 30, max_duration_seconds: 600, record: false },
      ...{ created_at: campaign.at, due_at: campaign.at, node_id: person.node ?? null },
      ...{ campaign_id: campaign.id, recipient: person.position, try: 1 },
    })
    .execute();
  return id;
}
