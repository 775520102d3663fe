export type SoundErrorCode =
  /** A field of the request, or the file itself, cannot be used. */
  | 'sound.bad_input'
  | 'sound.not_found'
  | 'sound.too_many'
  /** There is no room on our disk. */
  | 'sound.not_stored';
