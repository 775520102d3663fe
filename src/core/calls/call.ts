import type { Selectable } from 'kysely';
import { CALL_REASONS, type CallReason } from '#core/calls/call-reason.js';
import type { CallScript } from '#core/calls/call-script.js';
import type { CallStatus, CallTable, Mode } from '#core/tables.js';

export type CallRow = Selectable<CallTable>;

export const TERMINAL_STATUSES = [
  'completed',
  'no_answer',
  'busy',
  'rejected',
  'failed',
  'canceled',
  'voicemail',
] as const;

/** The number outside. */
export function personOf(row: Pick<CallRow, 'direction' | 'to_number' | 'from_number'>): string {
  return row.direction === 'in' ? row.from_number : row.to_number;
}

/** The number of ours that the call goes through. */
export function ourNumberOf(row: Pick<CallRow, 'direction' | 'to_number' | 'from_number'>): string {
  return row.direction === 'in' ? row.to_number : row.from_number;
}

export function isTerminal(status: CallStatus): boolean {
  return (TERMINAL_STATUSES as readonly string[]).includes(status);
}

/** A call as the doors see it. */
export interface Call {
  id: string;
  accountId: string;
  mode: Mode;
  /** `in`: somebody called us. */
  direction: 'out' | 'in';
  /** The campaign that it was made by. */
  campaignId: string | undefined;
  status: CallStatus;
  to: string;
  from: string;
  script: CallScript;
  metadata: Record<string, unknown> | undefined;
  record: boolean;
  createdAt: Date;
  scheduledAt: Date | undefined;
  dialedAt: Date | undefined;
  ringingAt: Date | undefined;
  answeredAt: Date | undefined;
  endedAt: Date | undefined;
  /** Of a call that connects somebody of ours: the phone that was picked up first, and when. */
  pickedUpBy: string | undefined;
  pickedUpAt: Date | undefined;
  /** Whole seconds between answer and end; undefined before the end. */
  durationSeconds: number | undefined;
  attempts: number;
  /** Every key pressed, in order. */
  digits: string;
  /** The last key that had an action. */
  actedDigit: string | undefined;
  answeredBy: string;
  /** Of a call that a machine answered: whether the message was spoken to its end. */
  messageLeft: boolean | undefined;
  reason: string | undefined;
  /** The sentence behind `reason`. */
  reasonText: string | undefined;
  sipCode: number | undefined;
  sipReason: string | undefined;
  cancelRequested: boolean;
}

export function toCall(row: CallRow): Call {
  return {
    id: row.id,
    accountId: row.account_id,
    mode: row.mode,
    direction: row.direction,
    campaignId: row.campaign_id ?? undefined,
    status: row.status,
    to: row.to_number,
    from: row.from_number,
    script: row.script,
    metadata: row.metadata ?? undefined,
    record: row.record,
    createdAt: row.created_at,
    scheduledAt: row.scheduled_at ?? undefined,
    dialedAt: row.dialing_at ?? undefined,
    ringingAt: row.ringing_at ?? undefined,
    answeredAt: row.answered_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
    pickedUpBy: row.picked_up_by ?? undefined,
    pickedUpAt: row.picked_up_at ?? undefined,
    durationSeconds: row.ended_at === null ? undefined : secondsBetween(row.answered_at, row.ended_at),
    attempts: row.attempts,
    digits: row.digits,
    actedDigit: row.acted_digit ?? undefined,
    answeredBy: row.answered_by,
    messageLeft: row.message_left ?? undefined,
    reason: row.reason ?? undefined,
    reasonText: row.reason !== null && row.reason in CALL_REASONS ? CALL_REASONS[row.reason as CallReason] : undefined,
    sipCode: row.sip_code ?? undefined,
    sipReason: row.sip_reason ?? undefined,
    cancelRequested: row.cancel_requested_at !== null,
  };
}

function secondsBetween(start: Date | null, end: Date): number {
  return start === null ? 0 : Math.round((end.getTime() - start.getTime()) / 1000);
}

/** The facts that a call's events carry, as plain JSON. */
export function callFacts(row: CallRow): Record<string, unknown> {
  const call = toCall(row);
  return {
    purpose: row.purpose,
    createdAt: row.created_at.toISOString(),
    // `flow`: between people, by where the account leads its calls.
    kind: row.script.kind ?? 'message',
    direction: call.direction,
    callerName: row.caller_name,
    result: row.result,
    to: call.to,
    from: call.from,
    status: call.status,
    durationSeconds: call.durationSeconds ?? null,
    digits: call.digits,
    actedDigit: call.actedDigit ?? null,
    answeredBy: call.answeredBy,
    messageLeft: call.messageLeft ?? null,
    reason: call.reason ?? null,
    reasonText: call.reasonText ?? null,
    sipCode: call.sipCode ?? null,
    sipReason: call.sipReason ?? null,
    attempts: call.attempts,
    // Of attempts that an overloaded trunk gave back, which `attempts` does not count.
    putBacks: row.put_backs,
    campaignId: call.campaignId ?? null,
    metadata: call.metadata ?? null,
  };
}
