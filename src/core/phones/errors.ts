export type PhoneErrorCode = 'phone.bad_input' | 'phone.name_taken' | 'phone.not_found';
