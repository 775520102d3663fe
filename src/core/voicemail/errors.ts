export type VoicemailErrorCode =
  | 'voicemail.not_found'
  | 'voicemail.bad_input'
  /** What a signed link led to is not there, or its time is over. */
  | 'voicemail.no_such_link';
