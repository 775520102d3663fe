import type { EndCause } from '#voice/engine.js';

/** Why a call ended as it did, beyond its status. A closed set; the sentence is for the person who placed it. */
export const CALL_REASONS = {
  no_trunk:
    'No trunk leads there: add one with `sidetone trunks add NAME --uri sip:HOST`, or call a number that a phone of yours has.',
  number_without_phone:
    'The number belongs to this installation, but no phone has it: `sidetone phones add NAME --number …`.',
  not_registered: 'The phone is not registered at the moment.',
  suppressed: 'The person opted out before the call was dialled.',
  not_allowed: 'The outbound rule does not let calls go to the number: another country, or a premium one.',
  not_in_plan: 'The plan of the account has no calls of phones and numbers.',
  not_verified: 'The account is in development and reaches verified numbers only: `sidetone numbers verify NUMBER`.',
  speech_failed: 'The message could not be turned into speech.',
  code_over: 'The one-time code was replaced or had expired before it could be spoken.',
  audio_unavailable: 'The audio file could not be fetched or decoded.',
  unallocated: 'The number does not exist, says the network.',
  unreachable: "The trunk's address does not answer.",
  congestion: 'The trunk was overloaded, and stayed so.',
  no_room: 'All channels of the trunks that lead there were taken, or their pace let no call leave in time.',
  forbidden: 'The trunk refused our credentials or the call.',
  incompatible: 'The far end speaks no codec of ours.',
  carrier_error: 'The network refused the call.',
  no_route: 'The trunk or phone was removed while the call was waiting.',
  redirected: 'The trunk sent the call elsewhere, and the outbound rule does not allow it to go there.',
  session_expired: 'The far end stopped refreshing the call.',
  fax: 'A fax machine answered.',
  network_announcement: 'The network answered with an announcement, not the called person.',
  media_timeout: 'No sound arrived for too long.',
  engine_failed: 'The phone engine failed during the call.',
  node_lost: 'The server died during the call.',
  insufficient_funds: 'The balance of the account did not pay for it, or not for longer.',
  server_stopped: 'The server was stopped during the call.',
  max_duration: 'The call reached its longest duration.',
  callee_hung_up: 'The called person hung up.',
  canceled: 'The call was canceled on request.',
  busy: 'The line was busy.',
  rejected: 'The called person declined.',
  ring_timeout: 'Nobody answered.',
  nobody_picked_up: 'None of the phones that were to be connected was picked up; the number was not called.',
  caller_hung_up: 'The caller hung up.',
} as const;
export type CallReason = keyof typeof CALL_REASONS;

export type TerminalStatus = 'completed' | 'no_answer' | 'busy' | 'rejected' | 'failed' | 'canceled' | 'voicemail';

export interface Outcome {
  status: TerminalStatus;
  reason?: CallReason;
}

/** How a leg that ended before its answer ends its call. */
export function outcomeUnanswered(cause: EndCause): Outcome {
  switch (cause) {
    case 'busy':
      return { status: 'busy', reason: 'busy' };
    case 'rejected':
      return { status: 'rejected', reason: 'rejected' };
    case 'no_answer':
      return { status: 'no_answer', reason: 'ring_timeout' };
    case 'canceled':
    case 'hangup':
      return { status: 'canceled', reason: 'canceled' };
    case 'unallocated':
    case 'unreachable':
    case 'congestion':
    case 'forbidden':
    case 'incompatible':
    case 'carrier_error':
    case 'not_registered':
    case 'no_route':
    case 'media_timeout':
    case 'engine_failed':
    case 'redirected':
    case 'session_expired':
      return { status: 'failed', reason: cause };
  }
}

/** How a leg that came in and was not answered ends its call. */
export function outcomeNotTaken(cause: EndCause): Outcome {
  const hasGone = cause === 'canceled' || cause === 'hangup';
  return hasGone ? { status: 'no_answer', reason: 'caller_hung_up' } : outcomeUnanswered(cause);
}

/** How a leg that was answered ends its call. `who`: the far end is. */
export function outcomeAnswered(cause: EndCause, by: 'us' | 'them', who: 'caller' | 'callee' = 'callee'): Outcome {
  if (cause === 'engine_failed') return { status: 'failed', reason: 'engine_failed' };
  if (cause === 'media_timeout') return { status: 'completed', reason: 'media_timeout' };
  return by === 'them' ? { status: 'completed', reason: `${who}_hung_up` } : { status: 'completed' };
}
