import { sql, type Transaction } from 'kysely';
import { effectiveLimits } from '#core/accounts/index.js';
import { recordCallEvent } from '#core/calls/call-events.js';
import { beginAttempt } from '#core/calls/call-writer.js';
import type { CallRow } from '#core/calls/call.js';
import type { Destination, IncomingCall } from '#core/calls/incoming-destination.js';
import { DIAL_PRIORITY } from '#core/purpose.js';
import type { Tables } from '#core/tables.js';

/** Two-key advisory lock: calls that come in are let in one after the other, so that they are counted exactly. */
const INCOMING_LOCK = [0x51de, -2] as const;
/**
 * Of a trunk's channels, for calls that a voice of ours answers; the others are for calls that go out, however many come
 * in. One that leads to people may take any: whoever sends it has given it a channel already.
 */
const VOICE_SHARE = 0.5;
/** Two messages, two waits for a key, and what is said after it. */
const LONGEST_SECONDS = 180;

export interface NewIncoming {
  id: string;
  leg: string;
  call: IncomingCall;
  destination: Destination;
  /** As it is shown. */
  from: string;
  node: number;
}

/**
 * Writes down a call that came in, as one that rings here. `full`: the account's limit `incoming_calls` or the share of
 * the trunk's channels that such calls may have is taken by others, and nothing is written.
 */
export async function writeIncoming(
  tx: Transaction<Tables>,
  { id, leg, call, destination, from, node }: NewIncoming,
  at: Date,
): Promise<CallRow | 'full'> {
  await sql`select pg_advisory_xact_lock(${INCOMING_LOCK[0]}, ${INCOMING_LOCK[1]})`.execute(tx);
  // The simulated network has no row, and no end of channels.
  const trunk = await tx
    .selectFrom('trunks')
    .select(['id', 'channels'])
    .where('id', '=', call.trunk)
    .executeTakeFirst();
  if (!(await hasRoom(tx, call, destination, trunk))) return 'full';
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
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await beginAttempt(tx, row, { leg, target: `from trunk ${call.trunk}` }, at);
  await recordCallEvent(tx, row, 'call.ringing', at);
  return row;
}

async function hasRoom(
  tx: Transaction<Tables>,
  { mode }: IncomingCall,
  { accountId, people }: Destination,
  trunk: { id: string; channels: number } | undefined,
): Promise<boolean> {
  const { limits } = await tx
    .selectFrom('accounts')
    .select('limits')
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow();
  const { rows } = await sql<{ of_account: number; of_trunk: number }>`
    select count(*) filter (where account_id = ${accountId} and mode = ${mode})::int as of_account,
      count(*) filter (where trunk_id = ${trunk?.id ?? ''})::int as of_trunk
    from calls where node_id is not null and direction = 'in'`.execute(tx);
  const { of_account: ofAccount = 0, of_trunk: ofTrunk = 0 } = rows[0] ?? {};
  if (ofAccount >= effectiveLimits(limits).incoming_calls) return false;
  if (trunk === undefined) return true;
  return ofTrunk < (people === undefined ? Math.max(1, Math.floor(trunk.channels * VOICE_SHARE)) : trunk.channels);
}
