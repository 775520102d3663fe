/** Mailboxes: what callers say after a tone, who is told of it, and how it is heard. */
export { deleteVoiceMessage, emptyMailbox, eraseMessagesOf } from '#core/voicemail/delete-message.js';
export type { VoicemailErrorCode } from '#core/voicemail/errors.js';
export { findVoiceMessageFile } from '#core/voicemail/find-message-file.js';
export { findVoiceMessage, listVoiceMessages, type VoiceMessageFilter } from '#core/voicemail/find-messages.js';
export { countMessages, type MailboxCounts } from '#core/voicemail/mailbox-counts.js';
export { hasPin, PIN_FAILURES, PIN_PATTERN, setMailboxPin } from '#core/voicemail/mailbox-pin.js';
export { mailboxOfExtension } from '#core/voicemail/mailbox-of.js';
export { markVoiceMessage } from '#core/voicemail/mark-message.js';
export { MessageWaiting } from '#core/voicemail/message-waiting.js';
export { openMailbox, type OpenMailbox } from '#core/voicemail/open-mailbox.js';
export { purgeVoiceMessages } from '#core/voicemail/purge-messages.js';
export { forgetRemovedMailboxes } from '#core/voicemail/remove-mailbox.js';
export { takeMessage, type TakeMessage } from '#core/voicemail/take-message.js';
export { USUAL_MAILBOX } from '#core/voicemail/usual-mailbox.js';
export { VoicemailTranscriber } from '#core/voicemail/transcribe-messages.js';
export { MAILBOX_LIMITS, type VoiceMessage, type VoicemailOwner } from '#core/voicemail/voice-message.js';
