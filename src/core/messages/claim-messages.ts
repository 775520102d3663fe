import { sql, type Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import {
  dueMessages,
  firstOf,
  readHeads,
  MOST_HEADS,
  type DueMessage,
  type QueueHead,
} from '#core/messages/due-messages.js';
import { lastLook } from '#core/messages/last-look.js';
import { leaseMessages, putBack } from '#core/messages/lease-messages.js';
import { holdSegments } from '#core/messages/message-funds.js';
import type { MessageRow } from '#core/messages/message.js';
import { SendingCapacity, type Rooms } from '#core/messages/sending-capacity.js';
import { putOff, setAside, type SetAside } from '#core/messages/set-aside.js';
import type { Tables } from '#core/tables.js';
import { isTransient } from '#core/until-written.js';

/** Two-key advisory lock: claims of all processes follow one another, so that what is counted is exact. */
const CLAIM_LOCK = [0x51de, -2] as const;
/** Texts in one claim. */
const BATCH = 500;
const IDLE_MS = 1000;

export interface MessageClaims {
  /** `sending`, under this process' lease, with their carrier; nothing of them has left yet. */
  claimed: ClaimedMessage[];
  /** Milliseconds until more could be claimed, as far as it is known now. */
  waitMs: number;
  /** Where the next claim goes on, where there are more senders than one claim looks at. */
  after: QueueHead | undefined;
}

export type ClaimedMessage = MessageRow & Pick<DueMessage, 'begun'>;

export interface Look {
  /** Behind this one. */
  after?: QueueHead | undefined;
  /** The last look found something: so will this one, and it need not look before it takes the lock. */
  busy?: boolean;
}

type ClaimingCore = Pick<Core, 'db' | 'clock' | 'log' | 'node' | 'secrets' | 'wake'>;

/**
 * Takes texts that are due under this node's lease, the most urgent first, as far as the pace of their sender and
 * carrier, the account's limit, the caps of registrations and the connections of this process allow (rules 2 and 6).
 * What nobody may send any more ends here; what may not go now is put off.
 */
export async function claimMessages(
  core: ClaimingCore,
  rooms: Rooms,
  { after, busy = false }: Look = {},
): Promise<MessageClaims> {
  if (!busy) {
    // Most looks find nothing: those take no lock.
    const now = core.clock.now();
    const heads = await readHeads(core.db, after);
    if (!heads.some(({ dueAt }) => dueAt.getTime() <= now)) {
      const next = nextOf(heads);
      return { claimed: [], waitMs: next === undefined ? untilFirst(heads, now) : 0, after: next };
    }
  }
  let look: ClaimedNow;
  try {
    look = await underLock(core, (tx, at) => claimBehind(tx, core, rooms, after, at));
  } catch (error) {
    if (isTransient(error)) throw error;
    core.log.error({ error: String(error) }, 'a look at the texts that are due failed; looking at each sender alone');
    look = await claimApart(core, rooms, after);
  }
  const { claimed, aside, waitMs, heads, at } = look;
  const next = nextOf(heads);
  const isAside = await setAsideEach(core, aside, at);
  if (!isAside) return { claimed, waitMs: IDLE_MS, after: next };
  const more = claimed.length > 0 || aside.length > 0 || next !== undefined;
  return { claimed, waitMs: more ? 0 : Math.min(waitMs, untilFirst(heads, at.getTime())), after: next };
}

interface ClaimedNow {
  claimed: ClaimedMessage[];
  aside: SetAside[];
  waitMs: number;
  heads: QueueHead[];
  at: Date;
}

/** What is counted holds at the moment at which the lock was given, however long it was waited for. */
function underLock<T>(core: ClaimingCore, work: (tx: Transaction<Tables>, at: Date) => Promise<T>): Promise<T> {
  return core.db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${CLAIM_LOCK[0]}, ${CLAIM_LOCK[1]})`.execute(tx);
    return work(tx, new Date(core.clock.now()));
  });
}

async function claimBehind(
  tx: Transaction<Tables>,
  core: ClaimingCore,
  rooms: Rooms,
  after: QueueHead | undefined,
  at: Date,
): Promise<ClaimedNow> {
  const heads = await readHeads(tx, after);
  return { ...(await claimAmong(tx, core, rooms, heads, at, BATCH)), heads, at };
}

/** One text of each sender, each for itself: the one at which the look fails is put off, and nobody waits behind it. */
async function claimApart(core: ClaimingCore, rooms: Rooms, after: QueueHead | undefined): Promise<ClaimedNow> {
  const at = new Date(core.clock.now());
  const heads = await readHeads(core.db, after);
  const found: ClaimedNow = { claimed: [], aside: [], waitMs: 0, heads, at };
  const taken = new Map<string, number>();
  const left: Rooms = (carrier) => {
    const room = rooms(carrier);
    return room && { ...room, free: Math.max(0, room.free - (taken.get(carrier) ?? 0)) };
  };
  for (const head of heads.filter(({ dueAt }) => dueAt <= at)) {
    try {
      const { claimed, aside } = await underLock(core, async (tx, now) => {
        const fresh = (await readHeads(tx, after)).filter((other) => isSame(other, head));
        return claimAmong(tx, core, left, fresh, now, 1);
      });
      found.claimed.push(...claimed);
      found.aside.push(...aside);
      for (const { carrier_id, segments } of claimed) {
        taken.set(carrier_id ?? '', (taken.get(carrier_id ?? '') ?? 0) + segments);
      }
    } catch (error) {
      if (isTransient(error)) throw error;
      const text = await firstOf(core.db, head, at);
      core.log.error({ error: String(error), message: text }, 'a text that is due could not be looked at: put off');
      if (text !== undefined) await putOff(core.db, text, at);
    }
  }
  return found;
}

function isSame(one: QueueHead, other: QueueHead): boolean {
  return (
    one.accountId === other.accountId &&
    one.mode === other.mode &&
    one.sender === other.sender &&
    one.priority === other.priority
  );
}

/** False: some are still where they were. */
async function setAsideEach(core: ClaimingCore, aside: readonly SetAside[], at: Date): Promise<boolean> {
  try {
    await setAside(core, aside, at);
    return true;
  } catch (error) {
    // They stay in the queue; what was claimed must not wait for them.
    core.log.warn({ error: String(error) }, 'texts that do not go now could not be set aside');
    if (isTransient(error)) return false;
  }
  for (const one of aside) {
    try {
      await setAside(core, [one], at);
    } catch (error) {
      core.log.error({ error: String(error), message: one.text.id }, 'a text could not be set aside: put off');
      await putOff(core.db, one.text.id, at).catch(() => undefined);
    }
  }
  return true;
}

function nextOf(heads: readonly QueueHead[]): QueueHead | undefined {
  return heads.length === MOST_HEADS ? heads.at(-1) : undefined;
}

async function claimAmong(
  tx: Transaction<Tables>,
  core: Pick<Core, 'node' | 'secrets'>,
  rooms: Rooms,
  heads: readonly QueueHead[],
  at: Date,
  batch: number,
): Promise<Pick<ClaimedNow, 'claimed' | 'aside' | 'waitMs'>> {
  const now = at.getTime();
  const due = heads.filter(({ dueAt }) => dueAt <= at);
  const capacity = await SendingCapacity.read(tx, due, rooms, at);
  const open = due.map((head) => ({ ...head, most: Math.min(capacity.allowance(head), batch) }));
  let waitMs = Math.min(IDLE_MS, ...due.map((head) => capacity.waitMs(head)).filter((ms) => ms > 0));
  const texts = await dueMessages(
    tx,
    open.filter(({ most }) => most > 0),
    at,
    batch,
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
  const leased = await leaseMessages(tx, core.node, going, at);
  const unpaid = await holdSegments(tx, leased, at);
  await putBack(tx, [...unpaid]);
  const begun = new Set(texts.filter((text) => text.begun).map(({ id }) => id));
  const claimed = leased.filter(({ id }) => !unpaid.has(id)).map((row) => ({ ...row, begun: begun.has(row.id) }));
  for (const text of texts) {
    if (unpaid.has(text.id)) aside.push({ text, kind: 'never', status: 'failed', reason: 'insufficient_funds' });
  }
  return { claimed, aside, waitMs };
}

function untilFirst(heads: readonly QueueHead[], now: number): number {
  const waits = heads.map(({ dueAt }) => dueAt.getTime() - now).filter((ms) => ms > 0);
  return Math.max(1, Math.min(IDLE_MS, ...waits));
}
