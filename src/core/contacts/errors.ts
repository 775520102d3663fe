export type ContactErrorCode =
  | 'contact.bad_input'
  | 'contact.exists'
  | 'contact.external_id_taken'
  | 'contact.in_use'
  | 'contact.not_found'
  | 'contact.opted_out'
  | 'list.bad_input'
  | 'list.exists'
  | 'list.not_found';
