export type PeopleErrorCode =
  | 'user.bad_input'
  | 'user.not_found'
  | 'user.email_taken'
  | 'user.too_many'
  | 'user.no_phone'
  /** Owners are the business of owners. */
  | 'user.owners_only'
  | 'user.last_owner'
  | 'group.bad_input'
  | 'group.not_found'
  | 'group.name_taken'
  | 'group.too_many';
