export type AttachmentErrorCode =
  /** Of no kind that is taken, empty, too large, too many, or not there to be sent; `field` names it. */
  | 'attachment.bad_input'
  /** So many wait to be sent already. */
  | 'attachment.too_many'
  /** The disk is full. */
  | 'attachment.not_stored'
  /** There is none, or the link is over. */
  | 'attachment.not_found';
