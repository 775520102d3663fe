import { sql, type Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { dueMessages, readHeads, MOST_HEADS, type QueueHead } from '#core/messages/due-messages.js';
import { lastLook } from '#core/messages/last-look.js';
import { holdSegments } from '#core/messages/message-funds.js';
import type { MessageRow } from '#core/messages/message.js';
import { SendingCapacity, type Rooms } from '#core/messages/sending-capacity.js';
import { setAside, type SetAside } from '#core/messages/set-aside.js';
import type { Tables } from '#core/tables.js';

/** Two-key advisory lock: claims of all processes follow one another, so that what is counted is exact. */
const CLAIM_LOCK = [0x51de, -2] as const;
/** Texts in one claim. */
const BATCH = 500;
const IDLE_MS = 1000;

export interface MessageClaims {
  /** `sending`, under this process' lease, with their carrier; nothing of them has left yet. */
  claimed: MessageRow[];
  /** Milliseconds until more could be claimed, as far as it is known now. */
  waitMs: number;
  /** Where the next claim goes on, where there are more senders than one claim looks at. */
  after: QueueHead | undefined;
}

/**
 * Takes texts that are due under this node's lease, the most urgent first, as far as the pace of their sender and
 * carrier, the account's limit, the caps of registrations and the connections of this process allow (rules 2 and 6).
 * What nobody may send any more ends here; what may not go now is put off.
 */
export async function claimMessages(
  core: Pick<Core, 'db' | 'clock' | 'log' | 'node' | 'secrets' | 'wake'>,
  rooms: Rooms,
  after?: QueueHead,
): Promise<MessageClaims> {
  const now = core.clock.now();
  const at = new Date(now);
  // Most looks find nothing: those take no lock.
  const heads = await readHeads(core.db, after);
  const next = heads.length === MOST_HEADS ? heads.at(-1) : undefined;
  const due = heads.filter(({ dueAt }) => dueAt <= at);
  if (due.length === 0) {
    const waitMs = next === undefined ? untilFirst(heads, now) : 0;
    return { claimed: [], waitMs, after: next };
  }
  const { claimed, aside, waitMs } = await core.db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${CLAIM_LOCK[0]}, ${CLAIM_LOCK[1]})`.execute(tx);
    return claimAmong(tx, core, rooms, await readHeads(tx, after), at);
  });
  try {
    await setAside(core, aside, at);
  } catch (error) {
    // They stay in the queue, and are looked at again; what was claimed must not wait for that.
    core.log.warn({ error: String(error) }, 'texts that do not go now could not be set aside');
    return { claimed, waitMs: IDLE_MS, after: next };
  }
  const more = claimed.length > 0 || aside.length > 0 || next !== undefined;
  return { claimed, waitMs: more ? 0 : Math.min(waitMs, untilFirst(heads, now)), after: next };
}

async function claimAmong(
  tx: Transaction<Tables>,
  core: Pick<Core, 'node' | 'secrets'>,
  rooms: Rooms,
  heads: readonly QueueHead[],
  at: Date,
): Promise<{ claimed: MessageRow[]; aside: SetAside[]; waitMs: number }> {
  const now = at.getTime();
  const due = heads.filter(({ dueAt }) => dueAt <= at);
  const capacity = await SendingCapacity.read(tx, due, rooms, at);
  const open = due.map((head) => ({ ...head, most: Math.min(capacity.allowance(head), BATCH) }));
  let waitMs = Math.min(IDLE_MS, ...due.map((head) => capacity.waitMs(head)).filter((ms) => ms > 0));
  const texts = await dueMessages(
    tx,
    open.filter(({ most }) => most > 0),
    at,
    BATCH,
  );
  if (texts.length === 0) return { claimed: [], aside: [], waitMs };

  const objections = await lastLook(tx, core, texts, at);
  const aside: SetAside[] = [];
  const going: { id: string; carrier: string }[] = [];
  for (const text of texts) {
    const objection = objections.get(text.id);
    if (objection !== undefined) {
      aside.push({ text, ...objection });
      continue;
    }
    const admission = capacity.admit(text);
    if (admission.kind === 'goes') going.push({ id: text.id, carrier: admission.carrier });
    else if (admission.kind === 'never') aside.push({ text, status: 'failed', ...admission });
    else if (admission.aside) aside.push({ text, kind: 'behind', dueAt: new Date(admission.until) });
    else waitMs = Math.min(waitMs, Math.max(1, admission.until - now));
  }
  await capacity.write(tx);
  const leased = await lease(tx, core.node, going, at);
  const unpaid = await holdSegments(tx, leased, at);
  await putBack(tx, [...unpaid]);
  const claimed = leased.filter(({ id }) => !unpaid.has(id));
  for (const text of texts) {
    if (unpaid.has(text.id)) aside.push({ text, kind: 'never', status: 'failed', reason: 'insufficient_funds' });
  }
  return { claimed, aside, waitMs };
}

async function lease(
  tx: Transaction<Tables>,
  node: number,
  going: readonly { id: string; carrier: string }[],
  at: Date,
): Promise<MessageRow[]> {
  if (going.length === 0) return [];
  const { rows } = await sql<MessageRow>`
    update messages m
    set status = 'sending', node_id = ${node}, carrier_id = going.carrier, sending_at = ${at}, attempts = attempts + 1
    from unnest(${going.map(({ id }) => id)}::text[], ${going.map(({ carrier }) => carrier)}::text[])
      as going (id, carrier)
    where m.id = going.id and m.status = 'queued'
    returning m.*`.execute(tx);
  const byId = new Map(rows.map((row) => [row.id, row]));
  // Nothing says in which order an UPDATE returns its rows; the first is sent first.
  return going.flatMap(({ id }) => byId.get(id) ?? []);
}

/** Texts under this node's lease that it does not hold: nothing of them has left. */
export async function putBackStrays(core: Pick<Core, 'db' | 'node'>, held: readonly string[]): Promise<void> {
  await core.db
    .updateTable('messages')
    .set((eb) => ({ status: 'queued', node_id: null, sending_at: null, attempts: eb('attempts', '-', 1) }))
    .where('node_id', '=', core.node)
    .where('status', '=', 'sending')
    .where(sql<boolean>`id <> all(${[...held]}::text[])`)
    .execute();
}

async function putBack(tx: Transaction<Tables>, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .updateTable('messages')
    .set((eb) => ({ status: 'queued', node_id: null, sending_at: null, attempts: eb('attempts', '-', 1) }))
    .where('id', 'in', ids)
    .execute();
}

function untilFirst(heads: readonly QueueHead[], now: number): number {
  const waits = heads.map(({ dueAt }) => dueAt.getTime() - now).filter((ms) => ms > 0);
  return Math.max(1, Math.min(IDLE_MS, ...waits));
}
