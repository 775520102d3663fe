export type SpeechErrorCode =
  /** A field of the request cannot be used; `field` names it. */
  | 'speech.bad_input'
  /** Whoever speaks or hears could not. */
  | 'speech.failed'
  /** Nothing that hears is set up. */
  | 'speech.not_configured'
  /** The account, or this process, has enough to do already. */
  | 'speech.busy'
  | 'speech.not_stored'
  | 'speech.not_found';
