export type ConversationErrorCode =
  | 'conversation.not_found'
  /** Its id is none, or its number is not the account's. */
  | 'conversation.bad_input';
