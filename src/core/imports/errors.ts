export type ImportErrorCode =
  | 'import.bad_input'
  | 'import.not_found'
  | 'import.already_ended'
  | 'import.nothing_refused'
  | 'import.too_many'
  | 'upload.bad_input'
  | 'upload.not_found'
  | 'upload.not_stored'
  | 'upload.too_large';
