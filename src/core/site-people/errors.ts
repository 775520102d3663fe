export type SitePersonErrorCode =
  | 'site_person.not_found'
  /** What is given cannot be read: an address that is none. */
  | 'site_person.bad_input'
  /** Nobody is known by it, and it is no address that letters could go to. */
  | 'site_person.no_address'
  /** Somebody else of the site has it: the e-mail address, the user name, the customer id. */
  | 'site_person.taken'
  /** They want no letters, and only they themselves can take that back. */
  | 'site_person.opted_out'
  | 'visitor.bad_input';
