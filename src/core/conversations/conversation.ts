import type { Attachment } from '#core/attachments/index.js';
import { CoreError } from '#core/errors.js';
import type { Message } from '#core/messages/index.js';
import type { Mode } from '#core/tables.js';

export interface ConversationOwner {
  accountId: string;
  mode: Mode;
}

/** What was said by text between one of our numbers and somebody. */
export interface Conversation {
  id: string;
  ours: string;
  theirs: string;
  lastMessageAt: Date;
  lastMessage: ConversationText;
  messages: number;
  unread: number;
  updatedAt: Date;
}

/** A text as its conversation shows it. */
export interface ConversationText extends Message {
  conversationId: string;
  /** Of whoever of the account wrote it. */
  authorEmail: string | undefined;
  /** Those that are here. */
  attachments: readonly Attachment[];
}

/** `12125550100-13055550111`: our number, theirs, without plus. */
export function conversationId(ours: string, theirs: string): string {
  return `${ours.replace(/^\+/, '')}-${theirs.replace(/^\+/, '')}`;
}

/** The two numbers of an id, without plus. Our sender may have a hyphen; theirs has none. */
export function partsOfId(id: string): { ours: string; theirs: string } | undefined {
  const at = id.lastIndexOf('-');
  if (at < 1 || at === id.length - 1) return undefined;
  return { ours: id.slice(0, at).replace(/^\+/, ''), theirs: id.slice(at + 1).replace(/^\+/, '') };
}

export function conversationNotFound(id: string): CoreError {
  return new CoreError('conversation.not_found', `There is no conversation ${id}.`);
}
