export type ContactErrorCode =
  | 'contact.bad_input'
  | 'contact.external_id_taken'
  | 'contact.not_found'
  | 'list.bad_input'
  | 'list.exists'
  | 'list.not_found';
