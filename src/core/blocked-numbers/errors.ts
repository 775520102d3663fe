export type BlockedNumberErrorCode =
  'blocked_number.bad_input' | 'blocked_number.exists' | 'blocked_number.not_found' | 'blocked_number.too_many';
