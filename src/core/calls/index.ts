export { CallIntake, type AcceptedCall } from '#core/calls/accept-calls.js';
export { checkFunds } from '#core/calls/call-funds.js';
export { CALL_REASONS } from '#core/calls/call-reason.js';
export type { CallQuality } from '#core/calls/call-quality.js';
export {
  ON_MACHINE,
  type CallScript,
  type CodeScript,
  type ConnectScript,
  type KeyAction,
} from '#core/calls/call-script.js';
export { TERMINAL_STATUSES, isTerminal, type Call } from '#core/calls/call.js';
export { cancelCall } from '#core/calls/cancel-call.js';
export { CallConductor } from '#core/calls/conduct-calls.js';
export { findCall, listCalls, type CallFilter, type CallOwner, type CallStory } from '#core/calls/find-call.js';
export { deleteRecording, findRecording } from '#core/calls/keep-recording.js';
export { CALL_LIMITS, placeCall, type PlaceCall } from '#core/calls/place-call.js';
export { reconcileDeadNodes } from '#core/calls/reconcile-calls.js';
export type { CallErrorCode } from '#core/calls/errors.js';
export { checkCalls, type Violation } from '#core/calls/check-calls.js';
