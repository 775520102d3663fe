export type NumberErrorCode = 'number.bad_format' | 'number.taken' | 'number.not_found';
