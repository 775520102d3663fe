export type AccountErrorCode =
  | 'account.not_found'
  | 'account.name_taken'
  | 'account.bad_input'
  | 'account.unknown_limit'
  | 'account.unknown_setting'
  | 'key.not_found'
  | 'key.bad_input';
