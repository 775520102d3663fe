export type VoicemailErrorCode = 'voicemail.not_found' | 'voicemail.bad_input';
