import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { MESSAGE_REASONS, type MessageReason } from '#core/messages/message-reason.js';
import type { MessageRow } from '#core/messages/message.js';
import { alphabetOf } from '#core/segments/index.js';
import type { MessagePartTable, MessageStatus, Mode } from '#core/tables.js';

export interface MessageOwner {
  accountId: string;
  mode: Mode;
}

/** A text as the doors see it. */
export interface Message {
  id: string;
  mode: Mode;
  direction: 'out' | 'in';
  status: MessageStatus;
  to: string;
  from: string;
  /** Undefined once it was erased. */
  text: string | undefined;
  encoding: 'gsm7' | 'ucs2';
  segments: number;
  purpose: string;
  metadata: Record<string, unknown> | undefined;
  batchId: string | undefined;
  campaignId: string | undefined;
  createdAt: Date;
  scheduledAt: Date | undefined;
  expiresAt: Date;
  sentAt: Date | undefined;
  endedAt: Date | undefined;
  reason: string | undefined;
  /** The sentence behind `reason`. */
  reasonText: string | undefined;
  /** As the carrier or the network says it. */
  carrierCode: string | undefined;
  carrierDetail: string | undefined;
  /** Of an incoming one: when somebody read it. */
  readAt: Date | undefined;
  /** Who of the account wrote it. */
  userId: string | undefined;
  /** Never goes back. */
  updatedAt: Date;
}

export interface MessageStory extends Message {
  parts: {
    part: number;
    status: MessagePartTable['status'];
    code: string | undefined;
    sentAt: Date;
    updatedAt: Date;
  }[];
}

export function toMessage(row: MessageRow): Message {
  return {
    id: row.id,
    mode: row.mode,
    direction: row.direction,
    status: row.status,
    to: row.to_address,
    from: row.from_address,
    text: row.text ?? undefined,
    encoding: alphabetOf(row.encoding),
    segments: row.segments,
    purpose: row.purpose,
    metadata: row.metadata ?? undefined,
    batchId: row.batch_id ?? undefined,
    campaignId: row.campaign_id ?? undefined,
    createdAt: row.created_at,
    scheduledAt: row.scheduled_at ?? undefined,
    expiresAt: row.expires_at,
    sentAt: row.sent_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
    reason: row.reason ?? undefined,
    reasonText: row.reason === null ? undefined : (MESSAGE_REASONS[row.reason as MessageReason] ?? row.reason),
    carrierCode: row.carrier_code ?? undefined,
    carrierDetail: row.carrier_detail ?? undefined,
    readAt: row.read_at ?? undefined,
    userId: row.user_id ?? undefined,
    updatedAt: updatedAt(row),
  };
}

/** As in the index `messages_updated`. */
export const UPDATED_AT = sql<Date>`greatest(created_at, sent_at, ended_at, read_at, changed_at)`;

function updatedAt({ created_at, sent_at, ended_at, read_at, changed_at }: MessageRow): Date {
  const moments = [created_at, sent_at, ended_at, read_at, changed_at];
  return new Date(Math.max(...moments.map((moment) => moment?.getTime() ?? 0)));
}

export function messageNotFound(id: string): CoreError {
  return new CoreError('message.not_found', `There is no text ${id}.`);
}

/** @throws CoreError `message.not_found`, also for a text of another account or mode */
export async function findMessage(core: Pick<Core, 'db'>, owner: MessageOwner, id: string): Promise<MessageStory> {
  const row = await core.db
    .selectFrom('messages')
    .selectAll()
    .where('id', '=', id)
    .where('account_id', '=', owner.accountId)
    .where('mode', '=', owner.mode)
    .executeTakeFirst();
  if (row === undefined) throw messageNotFound(id);
  const parts = await core.db
    .selectFrom('message_parts')
    .selectAll()
    .where('message_id', '=', id)
    .orderBy('part')
    .execute();
  return {
    ...toMessage(row),
    parts: parts.map(({ part, status, code, sent_at, updated_at }) => ({
      part,
      status,
      code: code ?? undefined,
      sentAt: sent_at,
      updatedAt: updated_at,
    })),
  };
}
