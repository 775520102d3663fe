/**
 * A scriptable SIP phone that talks real UDP, TCP and RTP. It shares no code with `src/voice`: a misreading of an RFC on
 * one side then shows as a failure instead of cancelling out.
 */
export { openPhone, type Phone, type PhoneOptions } from './phones/phone.js';
export type { CallEnd, PhoneCall } from './phones/call.js';
export { IncomingCall } from './phones/incoming-call.js';
export type { OutgoingCall, InviteOptions } from './phones/outgoing-call.js';
export type { RegisterOptions, Registrar } from './phones/registration.js';
export type { LossOptions } from './phones/loss.js';
export type { HeardDigit, HeardSound } from './phones/rtp-receiver.js';
export { levelDbm0, measureTone, tone, type MeasuredTone } from './phones/tones.js';
export { compareWithPrompt, findPrompt, type PromptComparison } from './phones/compare-prompt.js';
