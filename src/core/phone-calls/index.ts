/** Calls between people: what comes in is led to phones, mailboxes and numbers elsewhere by the account's routing. */
export type { Activity } from '#core/phone-calls/activity.js';
export { FlowRun } from '#core/phone-calls/flow-run.js';
export { LiveCalls, type LiveLeg } from '#core/phone-calls/live-calls.js';
export { Party, type PartyDetails } from '#core/phone-calls/party.js';
export { PhoneCalls } from '#core/phone-calls/phone-calls.js';
