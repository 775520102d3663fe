import type { MessageRow } from '#core/messages/message.js';

/** What events say of a text. */
export function messageFacts(row: MessageRow): Record<string, unknown> {
  return {
    to: row.to_address,
    from: row.from_address,
    status: row.status,
    text: row.text,
    segments: row.segments,
    encoding: row.encoding,
    reason: row.reason,
    carrierCode: row.carrier_code,
    metadata: row.metadata,
    batchId: row.batch_id,
    campaignId: row.campaign_id,
    createdAt: row.created_at.toISOString(),
    sentAt: row.sent_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}
