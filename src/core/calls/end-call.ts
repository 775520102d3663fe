import { sql, type Transaction } from 'kysely';
import { settleCall } from '#core/calls/call-funds.js';
import type { Outcome } from '#core/calls/call-reason.js';
import { TERMINAL_STATUSES, type CallRow } from '#core/calls/call.js';
import { recordCallEvent } from '#core/calls/call-events.js';
import { endCodeCall } from '#core/calls/verification-progress.js';
import type { EventType } from '#core/events.js';
import { qualityOf } from '#core/calls/call-quality.js';
import { recordTry, type TryOutcome } from '#core/recipients/index.js';
import type { Tables } from '#core/tables.js';
import type { MachineVerdict, RtpStats } from '#voice/engine.js';

export interface CallEnd extends Outcome {
  at: Date;
  sipCode?: number | undefined;
  sipReason?: string | undefined;
  cause?: string | undefined;
  rtp?: RtpStats | undefined;
  /** Of an answered call. */
  answeredBy?: MachineVerdict | undefined;
  /** Of `voicemail`: whether the message was spoken to its end. */
  messageLeft?: boolean | undefined;
  /** Of a call between people; by itself: whether anybody spoke. */
  result?: CallRow['result'] | undefined;
}

const TERMINAL_EVENT: Record<Outcome['status'], EventType> = {
  completed: 'call.completed',
  no_answer: 'call.no_answer',
  busy: 'call.no_answer',
  rejected: 'call.no_answer',
  failed: 'call.failed',
  canceled: 'call.canceled',
  voicemail: 'call.voicemail',
};

/** Of calls between people: whoever called us was answered by a person, not by a voice of ours. */
const RESULT = sql<CallRow['result']>`
  case when purpose not in ('person', 'emergency') then null
    when (direction = 'out' and answered_at is not null) or (direction = 'in' and picked_up_at is not null) then 'answered'
    else 'missed' end`;

/**
 * The one way in which a call ends: terminal state, released lease, event, deliveries and charge in one transaction.
 * Undefined when the call had ended already; then nothing is written. `now`: it may have ended long before, while the
 * database was away; those who keep a copy look for what changed since they last asked.
 */
export async function endCall(
  tx: Transaction<Tables>,
  callId: string,
  end: CallEnd,
  now: Date,
): Promise<CallRow | undefined> {
  const row = await tx
    .updateTable('calls')
    .set({
      status: end.status,
      reason: end.reason ?? null,
      sip_code: end.sipCode ?? null,
      sip_reason: end.sipReason ?? null,
      ended_at: end.at,
      node_id: null,
      ...(end.answeredBy === undefined ? {} : { answered_by: end.answeredBy }),
      message_left: end.status === 'voicemail' ? (end.messageLeft ?? false) : null,
      result: end.result ?? RESULT,
      updated_at: now,
    })
    .where('id', '=', callId)
    .where('status', 'not in', TERMINAL_STATUSES)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const last = await tx
    .updateTable('call_attempts')
    .set({
      ended_at: end.at,
      cause: end.cause ?? end.reason ?? null,
      sip_code: end.sipCode ?? null,
      sip_reason: end.sipReason ?? null,
      rtp: end.rtp === undefined ? null : JSON.stringify(end.rtp),
    })
    .where('call_id', '=', callId)
    .where('ended_at', 'is', null)
    .returning('verdicts')
    .executeTakeFirst();
  const data = { verdicts: last?.verdicts ?? [], quality: qualityOf(end.rtp) ?? null };
  await recordCallEvent(tx, row, TERMINAL_EVENT[end.status], end.at, { data });
  if (row.script.kind === 'flow') await tx.deleteFrom('trunk_seats').where('call_id', '=', row.id).execute();
  if (row.script.kind === 'code') await endCodeCall(tx, row, end.at);
  if (row.campaign_id !== null && row.recipient !== null) {
    await recordTry(tx, {
      ...{ campaignId: row.campaign_id, recipient: row.recipient, try: row.try },
      ...{ outcome: tryOutcome(row, end), reason: end.reason, at: end.at },
    });
  }
  await settleCall(tx, row, end.at);
  return row;
}

/** For the campaign that the call is one try of. */
function tryOutcome({ script, acted_digit }: CallRow, { status, reason }: Outcome): TryOutcome {
  if (reason === 'suppressed') return 'suppressed';
  if (status !== 'completed') return status;
  const keys = 'keys' in script ? script.keys : {};
  return keys[acted_digit ?? '']?.action === 'optout' ? 'opted_out' : 'answered';
}
