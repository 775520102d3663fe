export type MessageErrorCode =
  /** A field of the request cannot be used; `field` names it. */
  | 'message.bad_input'
  /** The same recipient twice in one request. */
  | 'message.duplicate'
  | 'message.sender_not_owned'
  /** A US long code that nobody registered, and the account refuses such. */
  | 'message.sender_not_registered'
  | 'message.recipient_suppressed'
  | 'message.destination_not_allowed'
  /** The account is in development, and nobody proved that the number is theirs. */
  | 'message.not_verified'
  /** No carrier leads to the number. */
  | 'message.no_carrier'
  | 'message.not_found'
  /** It has left, or is over. */
  | 'message.already_sent'
  /** It still waits, or is being handed over. */
  | 'message.not_sent';
