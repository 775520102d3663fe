import { presentOptionalTime, presentTime } from '#apis/outreach/parse-time.js';
import { FIELD_NAMES, REFUSALS } from '#apis/outreach/refusals.js';
import type { AcceptedBatch, AcceptedText, Batch, Message, MessageStory, TextPreview } from '#core/messages/index.js';

export function presentSent(text: AcceptedText) {
  return {
    sms_id: text.id,
    status: 'queued',
    to: text.to,
    from: text.from,
    segments: text.segments,
    encoding: text.encoding,
    ...presentWarnings(text),
    created_at: presentTime(text.createdAt),
  };
}

/** Only where there are some. */
function presentWarnings({ warnings }: AcceptedText) {
  return warnings.length === 0 ? {} : { warnings };
}

export function presentSentBatch({ id, accepted, refused, createdAt }: AcceptedBatch) {
  return {
    batch_id: id,
    status: 'queued',
    total: accepted.length + refused.length,
    accepted: accepted.length,
    messages: accepted.map((text) => ({
      index: text.index,
      sms_id: text.id,
      to: text.to,
      from: text.from,
      segments: text.segments,
      encoding: text.encoding,
      ...presentWarnings(text),
    })),
    errors: refused.map(({ index, to, error }) => ({
      index,
      to: to ?? null,
      error: {
        code: REFUSALS[error.code].code,
        message: error.message,
        field: FIELD_NAMES[error.field] ?? error.field,
      },
    })),
    created_at: presentTime(createdAt),
  };
}

export function presentMessage(message: Message) {
  return {
    sms_id: message.id,
    direction: message.direction,
    status: message.status,
    to: message.to,
    from: message.from,
    message: message.text ?? null,
    encoding: message.encoding,
    segments: message.segments,
    purpose: message.purpose,
    batch_id: message.batchId ?? null,
    campaign_id: message.campaignId ?? null,
    created_at: presentTime(message.createdAt),
    scheduled_at: presentOptionalTime(message.scheduledAt),
    expires_at: presentTime(message.expiresAt),
    sent_at: presentOptionalTime(message.sentAt),
    completed_at: presentOptionalTime(message.endedAt),
    error:
      message.reason === undefined ? null : { code: message.reason, message: message.reasonText ?? message.reason },
    carrier_code: message.carrierCode ?? null,
    carrier_detail: message.carrierDetail ?? null,
    metadata: message.metadata ?? null,
    live: message.mode === 'live',
  };
}

export function presentMessageStory(message: MessageStory) {
  return {
    ...presentMessage(message),
    parts: message.parts.map((part) => ({
      part: part.part,
      status: part.status,
      code: part.code ?? null,
      sent_at: presentTime(part.sentAt),
      updated_at: presentTime(part.updatedAt),
    })),
  };
}

export function presentBatch(batch: Batch) {
  return {
    batch_id: batch.id,
    total: batch.total,
    segments: batch.segments,
    statuses: batch.statuses,
    created_at: presentTime(batch.createdAt),
  };
}

export function presentPreview(preview: TextPreview) {
  return {
    text: preview.text,
    encoding: preview.encoding,
    segments: preview.segments,
    too_long: preview.tooLong,
    ucs2_characters: preview.beyond,
    missing_variables: preview.missing,
  };
}
