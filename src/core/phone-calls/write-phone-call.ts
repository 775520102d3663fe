import type { Transaction } from 'kysely';
import { beginAttempt, hasRoomForPhone, recordCallEvent, type CallRow } from '#core/calls/index.js';
import { NO_DIALECT } from '#core/events.js';
import type { CallingPhone } from '#core/phone-calls/calling-phone.js';
import { DIAL_PRIORITY, type Purpose } from '#core/purpose.js';
import type { Tables } from '#core/tables.js';

export interface NewPhoneCall {
  id: string;
  phone: CallingPhone;
  purpose: Extract<Purpose, 'emergency' | 'internal_leg' | 'person'>;
  /** As it is told: E.164, what was dialled inside, or the number for help. */
  to: string;
  from: string;
  /** The first leg of the far end, or the phone's own where nobody else is called. */
  leg: string;
  target: string;
  /** The trunk whose channel it takes. */
  trunkId: string | null;
  longestSeconds: number;
  node: number;
}

/**
 * The row of a call that a phone of ours makes, before anybody is rung. What stays inside counts among nobody's calls to
 * the outside, so it is one that came in. `full`: the account's phones make as many calls as they may.
 */
export async function writePhoneCall(tx: Transaction<Tables>, call: NewPhoneCall, at: Date): Promise<CallRow | 'full'> {
  return (await hasRoomForPhone(tx, call.phone.accountId)) ? insertPhoneCall(tx, call, at) : 'full';
}

/** The same without a limit: a call for help (rule 11). */
export async function insertPhoneCall(tx: Transaction<Tables>, call: NewPhoneCall, at: Date): Promise<CallRow> {
  const isInside = call.purpose === 'internal_leg';
  const row = await tx
    .insertInto('calls')
    .values({
      id: call.id,
      account_id: call.phone.accountId,
      mode: 'live',
      direction: isInside ? 'in' : 'out',
      purpose: call.purpose,
      priority: DIAL_PRIORITY[call.purpose],
      status: isInside ? 'ringing' : 'dialing',
      to_number: call.to,
      from_number: call.from,
      script: JSON.stringify({ kind: 'flow', phone: call.phone.name }),
      metadata: null,
      webhook_url: null,
      dialect: NO_DIALECT,
      ring_timeout_seconds: 0,
      max_duration_seconds: call.longestSeconds,
      record: false,
      created_at: at,
      due_at: at,
      scheduled_at: null,
      ...(isInside ? { ringing_at: at } : { dialing_at: at }),
      attempts: 1,
      trunk_id: call.trunkId,
      node_id: call.node,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returningAll()
    .executeTakeFirst();
  // It is there already, with all that follows: the answer to an earlier commit was lost.
  if (row === undefined) {
    return tx.selectFrom('calls').selectAll().where('id', '=', call.id).executeTakeFirstOrThrow();
  }
  await beginAttempt(tx, row, { leg: call.leg, target: call.target }, at);
  await recordCallEvent(tx, row, isInside ? 'call.ringing' : 'call.dialing', at, { quiet: true });
  if (call.phone.userId !== undefined) {
    await tx.insertInto('call_users').values({ call_id: row.id, user_id: call.phone.userId }).execute();
  }
  return row;
}
