export type SitePersonErrorCode =
  | 'site_person.not_found'
  /** What is given cannot be read: an address that is none. */
  | 'site_person.bad_input'
  /** Somebody else of the site has it: the e-mail address, the user name, the customer id. */
  | 'site_person.taken'
  | 'visitor.bad_input';
