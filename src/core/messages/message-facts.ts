import type { Attachment } from '#core/attachments/index.js';
import { MESSAGE_REASONS, type MessageReason } from '#core/messages/message-reason.js';
import type { MessageRow } from '#core/messages/message.js';
import { alphabetOf } from '#core/segments/index.js';

/**
 * What events say of a text, as plain JSON. Of one that was received all that it said, and of one that a person of ours
 * wrote; of others only what became of it: whoever sent it knows the words.
 */
export function messageFacts(row: MessageRow, attachments: readonly Attachment[] = []): Record<string, unknown> {
  return {
    to: row.to_address,
    from: row.from_address,
    status: row.status,
    ...(row.purpose === 'person' ? { text: row.text } : {}),
    purpose: row.purpose,
    segments: row.segments,
    encoding: alphabetOf(row.encoding),
    reason: row.reason,
    reasonText: row.reason === null ? null : (MESSAGE_REASONS[row.reason as MessageReason] ?? row.reason),
    carrierCode: row.carrier_code,
    carrierDetail: row.carrier_detail,
    metadata: row.metadata,
    batchId: row.batch_id,
    campaignId: row.campaign_id,
    createdAt: row.created_at.toISOString(),
    sentAt: row.sent_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    ...(attachments.length === 0 ? {} : { attachments }),
  };
}
