export type CarrierErrorCode = 'carrier.bad_input' | 'carrier.name_taken' | 'carrier.not_found';
