import Type, { type Static } from 'typebox';
import { AttachmentObject, presentAttachment, type Presenting } from '#apis/phone-system/present-attachment.js';
import { presentTime } from '#apis/phone-system/time.js';
import type { Conversation, ConversationText } from '#core/conversations/index.js';

const MaybeText = Type.Union([Type.String(), Type.Null()]);
const Direction = Type.Union([Type.Literal('incoming'), Type.Literal('outgoing')]);

/** In both spellings where they differ: clients of either kind exist. */
export const TextObject = Type.Object({
  id: Type.String(),
  conversation_id: Type.String(),
  body: Type.String({ description: 'Empty once its time to be kept is over.' }),
  read: Type.Boolean({ description: 'What was sent is read.' }),
  direction: Direction,
  message_direction: Direction,
  status: Type.String({
    description:
      'received; or queued, sending, sent, delivered, undelivered, failed, canceled, and unknown where nobody knows ' +
      'whether the carrier took it.',
  }),
  reason: Type.Union([Type.String(), Type.Null()], { description: 'A sentence, where it did not arrive.' }),
  from_number: Type.String(),
  to_number: Type.String(),
  createdAt: Type.String(),
  created_at: Type.String(),
  updatedAt: Type.String({ description: 'When it was made, sent, over, or marked as read or unread last.' }),
  updated_at: Type.String(),
  userEmail: MaybeText,
  user_email: Type.Union([Type.String(), Type.Null()], { description: 'Of whoever of the account wrote it.' }),
  attachments: Type.Array(AttachmentObject, {
    description: 'Pictures and files; of a text that came in those that are here by now.',
  }),
});

export const ConversationObject = Type.Object({
  conversation_id: Type.String({ description: 'Our number, a hyphen, theirs; without plus.' }),
  talkroute_number: Type.String({ description: 'Ours.' }),
  contact_number: Type.String({ description: 'Theirs.' }),
  last_message_at: Type.String(),
  last_message: TextObject,
  messages_count: Type.Integer(),
  unread_count: Type.Integer(),
  updated_at: Type.String({ description: 'When a text came, was read or was removed last.' }),
});

export function presentText(presenting: Presenting, text: ConversationText): Static<typeof TextObject> {
  const direction = text.direction === 'in' ? 'incoming' : 'outgoing';
  const createdAt = presentTime(text.createdAt);
  const updatedAt = presentTime(text.updatedAt);
  const email = text.authorEmail ?? null;
  return {
    id: text.id,
    conversation_id: text.conversationId,
    body: text.text ?? '',
    read: text.direction === 'out' || text.readAt !== undefined,
    direction,
    message_direction: direction,
    status: text.status,
    reason: text.reasonText ?? null,
    from_number: text.from,
    to_number: text.to,
    createdAt,
    created_at: createdAt,
    updatedAt,
    updated_at: updatedAt,
    userEmail: email,
    user_email: email,
    attachments: text.attachments.map((file) => presentAttachment(presenting, file)),
  };
}

export function presentConversation(
  presenting: Presenting,
  conversation: Conversation,
): Static<typeof ConversationObject> {
  const { id, ours, theirs, lastMessage } = conversation;
  return {
    conversation_id: id,
    talkroute_number: ours,
    contact_number: theirs,
    last_message_at: presentTime(conversation.lastMessageAt),
    last_message: presentText(presenting, lastMessage),
    messages_count: conversation.messages,
    unread_count: conversation.unread,
    updated_at: presentTime(conversation.updatedAt),
  };
}
