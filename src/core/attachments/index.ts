/** Pictures and files of texts: handed in and sent, or come with a text and fetched; where their bytes lie. */
export { addAttachment } from '#core/attachments/add-attachment.js';
export { attach, holdAttachments } from '#core/attachments/attach.js';
export {
  ATTACHMENT_LIMITS,
  type Attachment,
  type AttachmentOwner,
  type UnsentAttachment,
} from '#core/attachments/attachment.js';
export type { AttachmentErrorCode } from '#core/attachments/errors.js';
export {
  attachmentGone,
  attachmentLink,
  attachmentsOf,
  findAttachmentFile,
  type AttachmentFile,
} from '#core/attachments/find-attachments.js';
export {
  claimExpected,
  endExpected,
  expectAttachments,
  isExpecting,
  keptMedia,
  nextExpected,
  type ExpectedAttachment,
} from '#core/attachments/incoming-attachments.js';
export { kindOf, MEDIA_TYPES } from '#core/attachments/media-kinds.js';
export { purgeAttachments, removeAttachments } from '#core/attachments/remove-attachments.js';
