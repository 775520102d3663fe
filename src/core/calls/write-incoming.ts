import type { Transaction } from 'kysely';
import { recordCallEvent } from '#core/calls/call-events.js';
import { hasRoomForCaller } from '#core/calls/call-room.js';
import { beginAttempt } from '#core/calls/call-writer.js';
import type { CallRow } from '#core/calls/call.js';
import type { Vouched } from '#core/calls/caller-number.js';
import type { Destination, IncomingCall } from '#core/calls/incoming-destination.js';
import { DIAL_PRIORITY } from '#core/purpose.js';
import type { Tables } from '#core/tables.js';

/** Two messages, two waits for a key, and what is said after it. */
const LONGEST_SECONDS = 180;

export interface NewIncoming {
  id: string;
  leg: string;
  call: IncomingCall;
  destination: Destination;
  /** As it is shown. */
  from: string;
  vouched: Vouched;
  node: number;
}

/**
 * Writes down a call that came in, as one that rings here. `full`: the account's limit `incoming_calls` or the share of
 * the trunk's channels that such calls may have is taken by others, and nothing is written.
 */
export async function writeIncoming(
  tx: Transaction<Tables>,
  { id, leg, call, destination, from, vouched, node }: NewIncoming,
  at: Date,
): Promise<CallRow | 'full'> {
  // The simulated network has no row, and no end of channels.
  const trunk = await tx
    .selectFrom('trunks')
    .select(['id', 'channels'])
    .where('id', '=', call.trunk)
    .executeTakeFirst();
  const toPeople = destination.people !== undefined;
  if (!(await hasRoomForCaller(tx, { accountId: destination.accountId, mode: call.mode, trunk, toPeople })))
    return 'full';
  const row = await tx
    .insertInto('calls')
    .values({
      id,
      account_id: destination.accountId,
      mode: call.mode,
      direction: 'in',
      purpose: 'person',
      priority: DIAL_PRIORITY.person,
      status: 'ringing',
      to_number: call.called,
      from_number: from,
      script: JSON.stringify(destination.script),
      metadata: destination.metadata === null ? null : JSON.stringify(destination.metadata),
      webhook_url: destination.webhookUrl,
      dialect: destination.dialect,
      ring_timeout_seconds: 0,
      max_duration_seconds: destination.people?.longestSeconds ?? LONGEST_SECONDS,
      record: false,
      created_at: at,
      due_at: at,
      scheduled_at: null,
      ringing_at: at,
      attempts: 1,
      trunk_id: trunk?.id ?? null,
      node_id: node,
      caller_name: destination.people?.callerName ?? null,
      caller_verification: vouched.verification ?? null,
      caller_identity: vouched.identity ?? null,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returningAll()
    .executeTakeFirst();
  // It is there already, with all that follows: the answer to an earlier commit was lost.
  if (row === undefined) return tx.selectFrom('calls').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  await beginAttempt(tx, row, { leg, target: `from trunk ${call.trunk}` }, at);
  await recordCallEvent(tx, row, 'call.ringing', at);
  return row;
}
