import { outcomeAnswered, outcomeUnanswered, type CallReason, type Outcome } from '#core/calls/call-reason.js';
import type { EndCause, LegEnded } from '#voice/engine.js';

/** What a connected call ends as that never went outside, by how the phones of ours ended. */
export function outcomeInside(causes: readonly EndCause[]): Outcome {
  if (causes.includes('engine_failed')) return { status: 'failed', reason: 'engine_failed' };
  const isNobodyThere = causes.every((cause) => cause === 'not_registered' || cause === 'no_route');
  if (isNobodyThere) return { status: 'failed', reason: 'not_registered' };
  return { status: 'no_answer', reason: 'nobody_picked_up' };
}

/** Why the leg of ours ended that was connected. */
export function reasonOfLeaving({ cause }: Pick<LegEnded, 'cause'>): CallReason {
  return cause === 'engine_failed' || cause === 'media_timeout' || cause === 'session_expired'
    ? cause
    : 'caller_hung_up';
}

/** What a connected call ends as by its leg outside. `why`: what made us hang up. */
export function outcomeOutside(
  { cause, by }: Pick<LegEnded, 'cause' | 'by'>,
  isAnswered: boolean,
  why: CallReason | undefined,
): Outcome {
  if (cause === 'engine_failed' || why === 'engine_failed') return { status: 'failed', reason: 'engine_failed' };
  // Our hang-up can cross one from the far side: who really ended it counts.
  const ours = by === 'us' ? why : undefined;
  if (isAnswered) {
    if (ours === undefined) return outcomeAnswered(cause, by);
    return { status: 'completed', ...(ours === 'canceled' ? {} : { reason: ours }) };
  }
  return ours === undefined ? outcomeUnanswered(cause) : outcomeGivenUp(ours);
}

/** What a connected call ends as that was given up before anybody outside answered. */
export function outcomeGivenUp(why: CallReason): Outcome {
  return { status: why === 'canceled' || why === 'caller_hung_up' ? 'canceled' : 'failed', reason: why };
}
