import type { Selectable } from 'kysely';
import { MOST_MEDIA } from '#carriers/carrier.js';
import type { MessageAttachmentTable, Mode } from '#core/tables.js';

export interface AttachmentOwner {
  accountId: string;
  mode: Mode;
}

/** A picture or file of a text, which is there. */
export interface Attachment {
  id: string;
  mediaType: string;
  bytes: number;
}

/** One that was handed in, and goes with no text yet. */
export interface UnsentAttachment extends Attachment {
  createdAt: Date;
  /** Then it is deleted. */
  expiresAt: Date;
}

export type AttachmentRow = Selectable<MessageAttachmentTable>;

export const ATTACHMENT_LIMITS = {
  perText: MOST_MEDIA,
  /** Of one, and of all of a text together: what services take at most. */
  bytes: 5 * 1024 * 1024,
  /** That wait to be sent, of an account and mode. */
  unsent: 100,
  unsentSeconds: 86_400,
  /** How long a link leads to one. */
  linkSeconds: 86_400,
} as const;

/** Relative to the folder of uploads; known before anything is written, so that whoever deletes one always finds it. */
export function fileOf(accountId: string, id: string): string {
  return `${accountId}/attachments/${id}`;
}

export function toAttachment({ id, media_type: mediaType, bytes }: AttachmentRow): Attachment {
  return { id, mediaType, bytes };
}
