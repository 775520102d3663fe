export { CallIntake, type AcceptedCall } from '#core/calls/accept-calls.js';
export { checkFunds } from '#core/calls/call-funds.js';
export { CALL_REASONS, type CallReason } from '#core/calls/call-reason.js';
export type { CallQuality } from '#core/calls/call-quality.js';
export {
  ON_MACHINE,
  type CallScript,
  type CodeScript,
  type ConnectScript,
  type KeyAction,
} from '#core/calls/call-script.js';
export { TERMINAL_STATUSES, isTerminal, ourNumberOf, personOf, type Call, type CallRow } from '#core/calls/call.js';
export { insertCalls, takeBackUndialled } from '#core/calls/campaign-calls.js';
export { cancelCall, withdrawCall } from '#core/calls/cancel-call.js';
export { CODE_LANGUAGES, codeVoice } from '#core/calls/code-words.js';
export { CALLED_BACK_DAYS } from '#core/calls/call-back.js';
export { callHistory, type HistoryFilter, type PastCall } from '#core/calls/call-history.js';
export { connectCall, type ConnectCall } from '#core/calls/connect-call.js';
export { CallConductor } from '#core/calls/conduct-calls.js';
export { findCall, listCalls, type CallFilter, type CallOwner, type CallStory } from '#core/calls/find-call.js';
export { FirstAnswers, type AnswerWatch, type FirstAnswer } from '#core/calls/first-answers.js';
export { deleteRecording, findRecording, noRecording } from '#core/calls/keep-recording.js';
export { fillTemplate } from '#core/calls/message-template.js';
export { CALL_LIMITS, newCall, placeCall, type NewCall, type PlaceCall } from '#core/calls/place-call.js';
export { allowedAmong, destinationAllowed, isPremium } from '#core/calls/outbound-rule.js';
export { reconcileDeadNodes } from '#core/calls/reconcile-calls.js';
export type { CallErrorCode } from '#core/calls/errors.js';
export { checkCalls, type Violation } from '#core/calls/check-calls.js';
export {
  deliverVerification,
  holdVerificationFunds,
  recordVerificationEvent,
  releaseVerificationFunds,
  verificationReasonText,
  VERIFICATION_REASONS,
  type VerificationRow,
} from '#core/calls/verification-progress.js';

/** For those who conduct calls between people (core/phone-calls). */
export type { FlowScript } from '#core/calls/call-script.js';
export { callerNumber, shownCaller, vouchedFor } from '#core/calls/caller-number.js';
export { outcomeAnswered, outcomeNotTaken, outcomeUnanswered, type Outcome } from '#core/calls/call-reason.js';
export { CallSteps } from '#core/calls/call-steps.js';
export { hasRoomForPhone } from '#core/calls/call-room.js';
export { beginAttempt, writeAnswered } from '#core/calls/call-writer.js';
export { recordCallEvent } from '#core/calls/call-events.js';
export { guarded } from '#core/calls/guarded-core.js';
export type { AfterSlip, ConductedCall, LegBook } from '#core/calls/conducted-call.js';
export { endCall, type CallEnd } from '#core/calls/end-call.js';
export type { LegTask } from '#core/calls/leg-task.js';
export { keepRecording } from '#core/calls/keep-recording.js';
export { readTrunks, toWay, type Seat } from '#core/calls/dial-capacity.js';
export { FundsWatch } from '#core/calls/funds-watch.js';
export { restTrunk } from '#core/calls/next-try.js';
export { holdRowMinute, nameRowLeg, takeRowTrunk, writeRowLegEnd } from '#core/calls/row-trunk.js';
export { BUSY, NO_ROUTE } from '#core/calls/refuse-incoming.js';
export { RINGBACK } from '#core/calls/ringback.js';
export type { CallTaker, ComingCall, LegIncoming, TakenCall } from '#core/calls/taken-call.js';
export { releaseSeat, takeSeat, trunksFor } from '#core/calls/trunk-seats.js';
export { warningTone } from '#core/calls/warning-tone.js';
export { writeIncoming } from '#core/calls/write-incoming.js';
