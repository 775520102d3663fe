/** Texts: accepted, sent, received, and what became of each. */
export { checkMessages, type MessageViolation } from '#core/messages/check-messages.js';
export { MessageConductor } from '#core/messages/conduct-messages.js';
export { endMessage, endMessages, type MessageEnd } from '#core/messages/end-message.js';
export { messageFacts } from '#core/messages/message-facts.js';
export { MESSAGE_REASONS, type MessageReason } from '#core/messages/message-reason.js';
export {
  isMessageOver,
  TERMINAL_MESSAGE_STATUSES,
  type MessageEndStatus,
  type MessageRow,
} from '#core/messages/message.js';
export { reconcileMessages } from '#core/messages/reconcile-messages.js';
