/** Texts: accepted, sent, received, and what became of each. */
export { checkMessages, type MessageViolation } from '#core/messages/check-messages.js';
export { MessageConductor } from '#core/messages/conduct-messages.js';
export {
  acceptMessage,
  acceptMessages,
  type AcceptedBatch,
  type AcceptedText,
} from '#core/messages/accept-messages.js';
export { AttachmentFetcher } from '#core/messages/attachment-fetcher.js';
export { cancelMessage } from '#core/messages/cancel-message.js';
export { checkSenders, chooseSenders, type SenderChoice } from '#core/messages/choose-senders.js';
export { codeLanguage, codeText } from '#core/messages/code-texts.js';
export { endMessage, endMessages, type MessageEnd } from '#core/messages/end-message.js';
export { eraseMessage, refuseUnsent } from '#core/messages/erase-message.js';
export type { MessageErrorCode } from '#core/messages/errors.js';
export {
  findMessage,
  messageNotFound,
  toMessage,
  UPDATED_AT,
  type Message,
  type MessageOwner,
  type MessageStory,
} from '#core/messages/find-message.js';
export { insertMessages, queuedMessage, type NewMessage, type QueuedText } from '#core/messages/insert-messages.js';
export { findBatch, listMessages, type Batch, type MessageFilter } from '#core/messages/list-messages.js';
export { takeBackUnsent } from '#core/messages/take-back.js';
export { messageFacts } from '#core/messages/message-facts.js';
export { MESSAGE_REASONS, type MessageReason } from '#core/messages/message-reason.js';
export { TERMINAL_MESSAGE_STATUSES, type MessageEndStatus, type MessageRow } from '#core/messages/message.js';
export { reconcileMessages } from '#core/messages/reconcile-messages.js';
export {
  encodeMessage,
  MESSAGE_LIMITS,
  type NewText,
  type RefusedText,
  type SendTexts,
  type TextRefusal,
} from '#core/messages/new-text.js';
export { forgetTexts } from '#core/messages/forget-texts.js';
export { inThread, pairOf, recountConversation, type Pair } from '#core/messages/note-conversations.js';
export { previewText, type TextPreview } from '#core/messages/preview-text.js';
export { LATE_PARTS_EVERY_MS, receiveLateParts, receiveMessage } from '#core/messages/receive-message.js';
export { forgetCarrierNews, purgeMessages } from '#core/messages/purge-messages.js';
export { textableSenders } from '#core/messages/textable-senders.js';
