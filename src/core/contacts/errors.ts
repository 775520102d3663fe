export type ContactErrorCode = 'contact.bad_input' | 'contact.not_found';
