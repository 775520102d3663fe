import { sql, type Transaction } from 'kysely';
import { effectiveLimits } from '#core/accounts/index.js';
import type { Mode, Tables } from '#core/tables.js';

/** Two-key advisory lock: calls that come in are let in one after the other, so that they are counted exactly. */
const INCOMING_LOCK = [0x51de, -2] as const;
/**
 * Of a trunk's channels, for calls that a voice of ours answers; the others are for calls that go out, however many come
 * in. One that leads to people may take any: whoever sends it has given it a channel already.
 */
const VOICE_SHARE = 0.5;

interface Trunk {
  id: string;
  channels: number;
}

/**
 * Whether a call from outside may come in: the account's limit `incoming_calls`, and the channels of its trunk. Counted exactly
 * over all processes until the transaction ends.
 */
export async function hasRoomForCaller(
  tx: Transaction<Tables>,
  { accountId, mode, trunk, toPeople }: { accountId: string; mode: Mode; trunk: Trunk | undefined; toPeople: boolean },
): Promise<boolean> {
  await oneByOne(tx);
  // What stays inside came from no trunk.
  const { rows } = await sql<{ of_account: number; of_trunk: number }>`
    select count(*) filter (where account_id = ${accountId} and mode = ${mode})::int as of_account,
      count(*) filter (where trunk_id = ${trunk?.id ?? ''})::int as of_trunk
    from calls where node_id is not null and direction = 'in' and purpose <> 'internal_leg'`.execute(tx);
  const { of_account: ofAccount = 0, of_trunk: ofTrunk = 0 } = rows[0] ?? {};
  if (ofAccount >= (await limitsOf(tx, accountId)).incoming_calls) return false;
  if (trunk === undefined) return true;
  return ofTrunk < (toPeople ? trunk.channels : Math.max(1, Math.floor(trunk.channels * VOICE_SHARE)));
}

/** Whether a phone of the account may make one more call: its limit `phone_calls`. Nobody asks this of a call for help. */
export async function hasRoomForPhone(tx: Transaction<Tables>, accountId: string): Promise<boolean> {
  await oneByOne(tx);
  const { rows } = await sql<{ calls: number }>`
    select count(*)::int as calls from calls
    where node_id is not null and account_id = ${accountId} and mode = 'live' and purpose <> 'emergency'
      and script ->> 'phone' is not null`.execute(tx);
  return (rows[0]?.calls ?? 0) < (await limitsOf(tx, accountId)).phone_calls;
}

async function oneByOne(tx: Transaction<Tables>): Promise<void> {
  await sql`select pg_advisory_xact_lock(${INCOMING_LOCK[0]}, ${INCOMING_LOCK[1]})`.execute(tx);
}

async function limitsOf(tx: Transaction<Tables>, accountId: string) {
  const { limits } = await tx
    .selectFrom('accounts')
    .select('limits')
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow();
  return effectiveLimits(limits);
}
