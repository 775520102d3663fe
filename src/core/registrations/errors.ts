export type RegistrationErrorCode = 'registration.bad_input' | 'registration.not_found' | 'registration.in_use';
