import type { Transaction } from 'kysely';
import type { CampaignRow } from '#core/campaigns/campaign.js';
import { countRecipients } from '#core/campaigns/campaign-stats.js';
import type { EventType } from '#core/events.js';
import { endTrouble } from '#core/known-troubles.js';
import type { Tables } from '#core/tables.js';
import { publishEvent } from '#core/webhooks/index.js';

export type CampaignEvent = Extract<EventType, `campaign.${string}`>;

/** Tells the campaign's webhook and registered endpoints what became of it, with its figures, in the same transaction. */
export async function recordCampaignEvent(
  tx: Transaction<Tables>,
  campaign: CampaignRow,
  type: CampaignEvent,
  at: Date,
): Promise<void> {
  const { account_id: accountId, mode, id: subject, webhook_url: url, dialect } = campaign;
  // Whoever pauses or ends it knows; and one that has ended is in no trouble.
  if (type !== 'campaign.started') await endTrouble(tx, { kind: 'campaign_stalled', subject });
  const data = {
    name: campaign.name,
    channel: campaign.channel,
    purpose: campaign.purpose,
    status: campaign.status,
    reason: campaign.reason,
    total: campaign.recipients,
    outcomes: await countRecipients(tx, subject),
    metadata: campaign.metadata,
  };
  const targets = url === null ? [] : [{ url, dialect }];
  await publishEvent(tx, { accountId, mode, type, subject, data, at }, targets);
}
