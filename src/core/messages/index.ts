/** Texts: accepted, sent, received, and what became of each. */
export { endMessage, endMessages, type MessageEnd } from '#core/messages/end-message.js';
export { messageFacts } from '#core/messages/message-facts.js';
export { MESSAGE_REASONS, type MessageReason } from '#core/messages/message-reason.js';
export {
  isMessageOver,
  TERMINAL_MESSAGE_STATUSES,
  type MessageEndStatus,
  type MessageRow,
} from '#core/messages/message.js';
