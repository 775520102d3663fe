export type SuppressionErrorCode = 'opt_out.bad_input' | 'opt_out.not_found' | 'opt_out.not_open';
