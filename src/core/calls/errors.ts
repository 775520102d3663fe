export type CallErrorCode =
  /** A field of the request cannot be used; `field` names it. */
  | 'call.bad_input'
  | 'call.sender_not_owned'
  /** Marketing says who is calling, and nobody has said who that is. */
  | 'call.no_caller_name'
  /** The account has no number to call from. */
  | 'call.no_sender'
  /** No trunk leads to the number. */
  | 'call.no_carrier'
  | 'call.recipient_suppressed'
  | 'call.destination_not_allowed'
  /** More is being placed at once than can be written down. */
  | 'call.intake_full'
  | 'call.not_found'
  | 'call.already_ended'
  | 'recording.not_found';
