import { randomInt } from 'node:crypto';
import type { Insertable } from 'kysely';
import type { Db } from '#core/core.js';
import { newId } from '#core/ids.js';
import { noteTexts } from '#core/messages/note-conversations.js';
import { DIAL_PRIORITY, type Purpose } from '#core/purpose.js';
import type { EncodedText } from '#core/segments/index.js';
import type { MessageTable, Mode } from '#core/tables.js';

export type NewMessage = Insertable<MessageTable> & { id: string; created_at: Date };

/** Rows in one statement. */
const BATCH = 1000;

/** What there is to say of a text that waits to be sent. */
export interface QueuedText extends EncodedText {
  accountId: string;
  mode: Mode;
  purpose: Purpose;
  /** Default: that of its purpose. */
  priority?: number | undefined;
  from: string;
  to: string;
  metadata?: Record<string, unknown> | undefined;
  webhookUrl?: string | undefined;
  dialect: string;
  /** Who of the account wrote it. */
  userId?: string | undefined;
  /** How many pictures and files go with it. */
  attachments?: number | undefined;
  batchId?: string | undefined;
  campaign?: { id: string; recipient: number; try: number } | undefined;
  /** Goes out although the person opted out (rule 4). */
  confirmation?: boolean | undefined;
  at: Date;
  /** Default: at once. */
  scheduledAt?: Date | undefined;
  expiresAt: Date;
}

/** The row of a text that waits. */
export function queuedMessage(text: QueuedText): NewMessage {
  return {
    id: newId('sms', text.at.getTime()),
    account_id: text.accountId,
    mode: text.mode,
    direction: 'out',
    purpose: text.purpose,
    priority: text.priority ?? DIAL_PRIORITY[text.purpose],
    status: 'queued',
    from_address: text.from,
    to_address: text.to,
    text: text.text,
    encoding: text.encoding,
    segments: text.segments,
    reference: nextReference(),
    confirmation: text.confirmation ?? false,
    metadata: text.metadata === undefined ? null : JSON.stringify(text.metadata),
    webhook_url: text.webhookUrl ?? null,
    dialect: text.dialect,
    user_id: text.userId ?? null,
    attachments: text.attachments ?? 0,
    batch_id: text.batchId ?? null,
    campaign_id: text.campaign?.id ?? null,
    recipient: text.campaign?.recipient ?? null,
    try: text.campaign?.try ?? null,
    created_at: text.at,
    due_at: text.scheduledAt ?? text.at,
    scheduled_at: text.scheduledAt ?? null,
    expires_at: text.expiresAt,
  };
}

/** Writes texts that wait, into their conversations too. Wake `messages` after the commit. */
export async function insertMessages(db: Db, rows: readonly NewMessage[]): Promise<void> {
  for (let start = 0; start < rows.length; start += BATCH) {
    await db
      .insertInto('messages')
      .values(rows.slice(start, start + BATCH))
      .execute();
  }
  await noteTexts(db, rows);
}

let reference = randomInt(256);

/** One after the other, so that the next 255 texts to a person are not taken for parts of this one. */
function nextReference(): number {
  reference = (reference + 1) % 256;
  return reference;
}
