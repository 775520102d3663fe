import type { HangupReason, NotTaken, RingTarget } from '#core/call-flow/index.js';
import {
  outcomeAnswered,
  outcomeNotTaken,
  outcomeUnanswered,
  type CallReason,
  type CallRow,
  type Outcome,
} from '#core/calls/index.js';
import type { Party } from '#core/phone-calls/party.js';
import type { LegEnded } from '#voice/engine.js';

/** What made us end a call before its caller did. */
export type EndedBy = Extract<
  CallReason,
  | 'callee_hung_up'
  | 'max_duration'
  | 'server_stopped'
  | 'canceled'
  | 'busy'
  | 'rejected'
  | 'ring_timeout'
  | 'media_timeout'
  | 'insufficient_funds'
  | 'engine_failed'
  | 'not_in_plan'
>;

/** What a caller is refused with who hears no word of ours. */
export const REFUSALS: Partial<Record<EndedBy, number>> = {
  busy: 486,
  rejected: 603,
  server_stopped: 503,
  engine_failed: 503,
};

/** Why a flow that came to its end hangs up, by how those ended who were rung last. */
export function endOfFlow(reason: HangupReason, causes: readonly { target: RingTarget; cause: NotTaken }[]): EndedBy {
  if (reason === 'blocked') return 'rejected';
  if (reason === 'not_in_plan') return reason;
  const every = (...of: NotTaken[]): boolean => causes.length > 0 && causes.every(({ cause }) => of.includes(cause));
  if (every('busy')) return 'busy';
  return every('declined', 'rejected') ? 'rejected' : 'ring_timeout';
}

/** How the end of its caller's leg ends a call; the caller may be somebody whom we called. `why`: what made us hang up; undefined: the flow, or nobody of ours did. */
export function outcomeOf(
  { cause, by }: LegEnded,
  { wasAnswered, isCaller }: Pick<Party, 'wasAnswered' | 'isCaller'>,
  why: EndedBy | undefined,
  outbound?: unknown,
): Outcome {
  // Of a phone of ours, who called a number outside.
  if (outbound !== undefined && !wasAnswered && by === 'them') return { status: 'canceled', reason: 'caller_hung_up' };
  if (cause === 'engine_failed') return { status: 'failed', reason: 'engine_failed' };
  // Our hang-up can cross one from the far side: who really ended it counts.
  const ours = by === 'us' ? why : undefined;
  if (ours === 'engine_failed') return { status: 'failed', reason: ours };
  if (wasAnswered) {
    if (ours === undefined) return outcomeAnswered(cause, by, isCaller ? 'caller' : 'callee');
    return SAID_OF_ANSWERED.includes(ours) ? { status: 'completed', reason: ours } : { status: 'completed' };
  }
  switch (ours) {
    case undefined:
      return outcomeNotTaken(cause);
    case 'busy':
    case 'rejected':
      return { status: ours, reason: ours };
    case 'not_in_plan':
      return { status: 'rejected', reason: ours };
    case 'canceled':
      return { status: 'canceled', reason: 'canceled' };
    case 'server_stopped':
      return { status: 'failed', reason: 'server_stopped' };
    default:
      return { status: 'no_answer', reason: 'ring_timeout' };
  }
}

const SAID_OF_ANSWERED: readonly EndedBy[] = [
  'callee_hung_up',
  'max_duration',
  'server_stopped',
  'media_timeout',
  'insufficient_funds',
];

/** How a number outside that a phone of ours called ends the call. */
export function outcomeOfCause(cause: NotTaken): Outcome {
  switch (cause) {
    case 'declined':
      return outcomeUnanswered('rejected');
    case 'no_room':
    case 'no_trunk':
    case 'not_in_plan':
    case 'not_allowed':
    case 'not_verified':
    case 'suppressed':
    case 'insufficient_funds':
      return { status: 'failed', reason: cause };
    default:
      return outcomeUnanswered(cause);
  }
}

/** For the history: whether a person spoke with the caller, and if not, whether anybody had the chance. */
export function resultOf(call: { spoke: boolean; rangOrRecorded: boolean; callerLeft: boolean }): CallRow['result'] {
  if (call.spoke) return 'answered';
  return call.callerLeft && !call.rangOrRecorded ? 'hangup' : 'missed';
}
