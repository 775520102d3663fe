/** What was said by text with one person over one of our numbers: threads over the same texts as everywhere. */
export type { Conversation, ConversationOwner, ConversationText } from '#core/conversations/conversation.js';
export type { ConversationErrorCode } from '#core/conversations/errors.js';
export { findConversation, listConversations, type ConversationFilter } from '#core/conversations/find-conversation.js';
export { findText, listChangedTexts, listTexts } from '#core/conversations/list-texts.js';
export { markConversation, markText } from '#core/conversations/mark-read.js';
export { removeConversation, removeText } from '#core/conversations/remove-texts.js';
export { sendText, type SendConversationText } from '#core/conversations/send-text.js';
