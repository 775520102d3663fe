import { sql, type Transaction } from 'kysely';
import { isExtension } from '#core/address.js';
import { DialCapacity } from '#core/calls/dial-capacity.js';
import { dueCalls, type DueCall } from '#core/calls/due-calls.js';
import type { CallRow } from '#core/calls/call.js';
import type { Core, Db } from '#core/core.js';
import { CAMPAIGN_PRIORITY, DIAL_PRIORITY } from '#core/purpose.js';
import type { Tables } from '#core/tables.js';

/** Where a claimed call goes. */
export type Route =
  | { kind: 'simulated' }
  | { kind: 'phone'; phone: string }
  | { kind: 'trunk'; trunk: string }
  | { kind: 'none'; reason: 'no_trunk' | 'number_without_phone' };

export interface ClaimedCall {
  row: CallRow;
  route: Route;
}

export interface Claims {
  claimed: ClaimedCall[];
  /** Milliseconds until the next call could be claimed, as far as it is known now. */
  waitMs: number;
}

/** Two-key advisory lock: claims of all processes follow one another, so that capacity is counted exactly. */
export const CLAIM_LOCK = [0x51de, -1] as const;
const IDLE_MS = 1000;
const LONG_AGO = new Date(0);

/**
 * Takes due calls under this node's lease, in the order of their priority, as far as the concurrent calls of their
 * account and the channels and pace of their trunk allow (rules 2 and 15). A leased call is not dialled yet.
 */
export async function claimCalls(core: Pick<Core, 'db' | 'clock' | 'node'>): Promise<Claims> {
  const now = new Date(core.clock.now());
  // Most looks find nothing: those take no lock and count no capacity.
  const first = await firstDueAfter(core.db, LONG_AGO);
  if (first === undefined || first > now) return { claimed: [], waitMs: waitFor(first, now, IDLE_MS) };
  return core.db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${CLAIM_LOCK[0]}, ${CLAIM_LOCK[1]})`.execute(tx);
    const capacity = await DialCapacity.read(tx, now);
    const claimed: { id: string; route: Route }[] = [];
    for (const candidate of await dueCalls(tx, now, capacity)) {
      const route = takeRoute(candidate, capacity);
      if (route !== undefined) claimed.push({ id: candidate.id, route });
    }
    await capacity.writePace(tx);
    const rows = await lease(tx, core.node, claimed);
    if (rows.length > 0) return { claimed: rows, waitMs: 0 };
    return { claimed: [], waitMs: waitFor(await firstDueAfter(tx, now), now, capacity.nextPaceMs) };
  });
}

/**
 * A number or phone of this installation is called inside it; everything else goes to the best trunk that has room.
 * Undefined: there is no room now.
 */
function takeRoute(call: DueCall, capacity: DialCapacity): Route | undefined {
  const inside = routeInside(call);
  const dialClass = call.campaign_id === null ? 'other' : 'campaign';
  const take = (trunk?: string): boolean => capacity.take(call.account_id, call.mode, trunk, dialClass);
  // What leads nowhere takes no room: it ends at once.
  if (inside !== undefined) return inside.kind === 'none' || take() ? inside : undefined;
  const ways = capacity.waysFor({ accountId: call.account_id, number: call.number, tried: call.tried_trunks });
  if (ways.length === 0) return { kind: 'none', reason: 'no_trunk' };
  const trunk = ways.find((way) => take(way));
  return trunk === undefined ? undefined : { kind: 'trunk', trunk };
}

function routeInside(call: DueCall): Route | undefined {
  if (call.mode === 'test') return { kind: 'simulated' };
  if (isExtension(call.number) && call.phone_by_name !== null) return { kind: 'phone', phone: call.phone_by_name };
  if (call.our_number === null) return undefined;
  return call.phone_of_number === null
    ? { kind: 'none', reason: 'number_without_phone' }
    : { kind: 'phone', phone: call.phone_of_number };
}

async function lease(
  tx: Transaction<Tables>,
  node: number,
  claims: { id: string; route: Route }[],
): Promise<ClaimedCall[]> {
  if (claims.length === 0) return [];
  const ids = claims.map(({ id }) => id);
  const trunks = claims.map(({ route }) => (route.kind === 'trunk' ? route.trunk : null));
  const { rows } = await sql<CallRow>`
    update calls set node_id = ${node}, trunk_id = claim.trunk
    from unnest(${ids}::text[], ${trunks}::text[]) as claim (id, trunk)
    where calls.id = claim.id
    returning calls.*`.execute(tx);
  const byId = new Map(rows.map((row) => [row.id, row]));
  // In the order of the claims: the first is dialled first.
  return claims.map(({ id, route }) => ({ row: byId.get(id)!, route }));
}

/** When the first waiting call falls due after `after`. One look into the index for each priority: it begins with them. */
async function firstDueAfter(db: Db, after: Date): Promise<Date | undefined> {
  const { rows } = await sql<{ due_at: Date | null }>`
    select min(first.due_at) as due_at
    from unnest(${[...new Set([...Object.values(DIAL_PRIORITY), CAMPAIGN_PRIORITY])]}::smallint[]) as waiting (priority), lateral (
      select due_at from calls c
      where c.status = 'queued' and c.node_id is null and c.priority = waiting.priority and c.due_at > ${after}
      order by c.due_at limit 1
    ) as first`.execute(db);
  return rows[0]?.due_at ?? undefined;
}

function waitFor(due: Date | undefined, now: Date, paceMs: number): number {
  const dueMs = due === undefined ? IDLE_MS : due.getTime() - now.getTime();
  return Math.max(1, Math.min(dueMs, paceMs, IDLE_MS));
}
