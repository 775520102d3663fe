import { sql, type Transaction } from 'kysely';
import { LOOPBACK } from '#carriers/carrier.js';
import { effectiveLimits } from '#core/accounts/index.js';
import { carriersFor, readCarriers, type CarrierWay } from '#core/carriers/index.js';
import type { DueMessage, QueueHead } from '#core/messages/due-messages.js';
import { Pace } from '#core/messages/pace.js';
import type { Mode, Tables } from '#core/tables.js';

/** For how many parts the connection of this process to a carrier has room; undefined: there is none. */
export type Rooms = (carrierId: string) => { window: number; free: number } | undefined;

/** So many within a minute or a day, counted in a row. */
interface Lane {
  scope: string;
  startsAt: Date;
  most: number;
  by: 'segments' | 'messages';
  opensAt: Date;
  /** Before this claim. */
  before: number;
  taken: number;
}

/** What becomes of a text now. */
export type Admission =
  | { kind: 'goes'; carrier: string }
  /** Not before then. `aside`: others of its sender need not wait behind it. */
  | { kind: 'waits'; until: number; aside: boolean }
  | { kind: 'never'; reason: 'no_carrier' | 'sender_not_allowed'; detail?: string };

const MINUTE_MS = 60_000;
/** Behind a text that waits longer than this for its carrier nobody else waits. */
const ASIDE_AFTER_MS = 1000;

/**
 * What may be sent now: segments a second of each sender and carrier, segments a minute of each account, the caps of
 * registrations, and the room in this process' connections. Read in the transaction that claims, under its lock, and
 * written back by it, so that it is exact over all processes.
 */
export class SendingCapacity {
  readonly #senders = new Map<string, Pace>();
  readonly #carrierPaces = new Map<string, Pace>();
  readonly #lanes = new Map<string, Lane[]>();
  readonly #refused = new Map<string, string>();
  readonly #room = new Map<string, number>();

  private constructor(
    private readonly now: number,
    private readonly carriers: readonly CarrierWay[],
    private readonly rooms: Rooms,
  ) {}

  static async read(
    tx: Transaction<Tables>,
    heads: readonly QueueHead[],
    rooms: Rooms,
    at: Date,
  ): Promise<SendingCapacity> {
    const capacity = new SendingCapacity(at.getTime(), await readCarriers(tx), rooms);
    for (const { id, segmentsPerSecond, nextSegmentAt } of capacity.carriers) {
      capacity.#carrierPaces.set(id, new Pace(segmentsPerSecond, nextSegmentAt, capacity.now));
    }
    for (const { accountId, mode, sender, segmentsPerSecond, nextSegmentAt } of heads) {
      const key = senderKey(accountId, mode, sender);
      if (capacity.#senders.has(key)) continue;
      capacity.#senders.set(key, new Pace(segmentsPerSecond, nextSegmentAt, capacity.now));
    }
    return capacity;
  }

  /** Texts of one sender that may leave now, at most. */
  allowance({ accountId, mode, sender }: QueueHead): number {
    return this.#senders.get(senderKey(accountId, mode, sender))?.allowance ?? 0;
  }

  waitMs({ accountId, mode, sender }: QueueHead): number {
    return this.#senders.get(senderKey(accountId, mode, sender))?.waitMs ?? 0;
  }

  /** Reads what is counted for the senders of these texts: the account's limit, and caps by registration. */
  async readLanes(tx: Transaction<Tables>, texts: readonly DueMessage[]): Promise<void> {
    const senders = new Map(texts.map((text) => [keyOf(text), text]));
    const accounts = [...new Set(texts.map(({ account_id }) => account_id))];
    if (accounts.length === 0) return;
    const limits = await tx.selectFrom('accounts').select(['id', 'limits']).where('id', 'in', accounts).execute();
    const startsAt = new Date(Math.floor(this.now / MINUTE_MS) * MINUTE_MS);
    const opensAt = new Date(startsAt.getTime() + MINUTE_MS);
    const shared = new Map<string, Lane>();
    const lane = (given: Omit<Lane, 'before' | 'taken'>): Lane => {
      const key = `${given.scope} ${given.startsAt.getTime()}`;
      const found = shared.get(key) ?? { ...given, before: 0, taken: 0 };
      shared.set(key, found);
      return found;
    };
    for (const [key, { account_id: accountId, mode }] of senders) {
      const stored = limits.find(({ id }) => id === accountId)?.limits ?? {};
      const most = effectiveLimits(stored).messages_per_minute;
      const account = lane({ scope: `account ${accountId} ${mode}`, startsAt, most, by: 'segments', opensAt });
      this.#lanes.set(key, [account]);
    }
    const lanes = [...shared.values()];
    const counts = await tx
      .selectFrom('sending_counts')
      .selectAll()
      .where(
        'scope',
        'in',
        lanes.map(({ scope }) => scope),
      )
      .where(
        'starts_at',
        'in',
        lanes.map((each) => each.startsAt),
      )
      .execute();
    for (const { scope, starts_at, count } of counts) {
      const found = shared.get(`${scope} ${starts_at.getTime()}`);
      if (found !== undefined) found.before = Number(count);
    }
  }

  /** Counts a text in where there is room for it everywhere. */
  admit(text: DueMessage): Admission {
    const refused = this.#refused.get(keyOf(text));
    if (refused !== undefined) return { kind: 'never', reason: 'sender_not_allowed', detail: refused };
    const sender = this.#senders.get(keyOf(text));
    if (sender !== undefined && sender.waitMs > 0) return this.#waits(sender.waitMs);
    const lanes = this.#lanes.get(keyOf(text)) ?? [];
    const full = lanes.find((lane) => isFull(lane, text));
    if (full !== undefined) return this.#waits(full.opensAt.getTime() - this.now);
    const carrier = this.#carrierFor(text);
    if (typeof carrier !== 'string') return carrier;
    sender?.take(text.segments);
    this.#carrierPaces.get(carrier)?.take(text.segments);
    this.#room.set(carrier, this.#roomOf(carrier) - text.segments);
    for (const lane of lanes) lane.taken += unitsOf(lane, text);
    return { kind: 'goes', carrier };
  }

  async write(tx: Transaction<Tables>): Promise<void> {
    const senders = [...this.#senders].flatMap(([key, { next }]) => {
      const [account_id, mode, sender] = JSON.parse(key) as [string, Mode, string];
      return next === undefined ? [] : [{ account_id, mode, sender, next_segment_at: next }];
    });
    if (senders.length > 0) {
      await tx
        .insertInto('sender_paces')
        .values(senders)
        .onConflict((conflict) =>
          conflict
            .columns(['account_id', 'mode', 'sender'])
            .doUpdateSet((eb) => ({ next_segment_at: eb.ref('excluded.next_segment_at') })),
        )
        .execute();
    }
    for (const [id, { next }] of this.#carrierPaces) {
      if (next === undefined) continue;
      await tx
        .updateTable('carriers')
        // Since it was read a throttling carrier may have asked to be left alone for longer.
        .set((eb) => ({ next_segment_at: eb.fn<Date>('greatest', ['next_segment_at', eb.val(next)]) }))
        .where('id', '=', id)
        .execute();
    }
    const lanes = new Set([...this.#lanes.values()].flat());
    const counts = [...lanes].flatMap(({ scope, startsAt: starts_at, taken: count }) =>
      count === 0 ? [] : [{ scope, starts_at, count }],
    );
    if (counts.length === 0) return;
    await tx
      .insertInto('sending_counts')
      .values(counts)
      .onConflict((conflict) =>
        conflict
          .columns(['scope', 'starts_at'])
          .doUpdateSet({ count: sql<number>`sending_counts.count + excluded.count` }),
      )
      .execute();
  }

  /** Of test keys always the one that never leaves the machine. */
  #carrierFor(text: DueMessage): string | Admission {
    if (text.mode === 'test') return this.#hasRoom(LOOPBACK, text) ? LOOPBACK : this.#waits(Infinity);
    const { account_id: accountId, from_address: from, to_address: to, tried_carriers: tried } = text;
    const ways = text.begun
      ? this.carriers.filter(({ id }) => id === text.carrier_id)
      : carriersFor(this.carriers, { accountId, from, to, tried });
    if (ways.length === 0) return { kind: 'never', reason: 'no_carrier' };
    let waitMs = Infinity;
    for (const { id } of ways) {
      const wait = this.#carrierPaces.get(id)?.waitMs ?? 0;
      if (wait === 0 && this.#hasRoom(id, text)) return id;
      if (wait > 0) waitMs = Math.min(waitMs, wait);
    }
    return this.#waits(waitMs);
  }

  #waits(ms: number): Admission {
    return { kind: 'waits', until: this.now + ms, aside: ms > ASIDE_AFTER_MS && ms !== Infinity };
  }

  /** A text of more parts than a connection takes at once goes alone. */
  #hasRoom(carrier: string, { segments }: DueMessage): boolean {
    const { window = 0 } = this.rooms(carrier) ?? {};
    return window > 0 && this.#roomOf(carrier) >= Math.min(segments, window);
  }

  #roomOf(carrier: string): number {
    return this.#room.get(carrier) ?? this.rooms(carrier)?.free ?? 0;
  }
}

function senderKey(accountId: string, mode: Mode, sender: string): string {
  return JSON.stringify([accountId, mode, sender]);
}

function keyOf({ account_id, mode, from_address }: DueMessage): string {
  return senderKey(account_id, mode, from_address);
}

function unitsOf({ by }: Lane, { segments }: DueMessage): number {
  return by === 'segments' ? segments : 1;
}

/** What is larger than the whole lane goes alone. */
function isFull(lane: Lane, text: DueMessage): boolean {
  const used = lane.before + lane.taken;
  return used > 0 ? used + unitsOf(lane, text) > lane.most : lane.most <= 0;
}
