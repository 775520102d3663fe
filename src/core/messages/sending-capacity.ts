import type { Transaction } from 'kysely';
import { LOOPBACK } from '#carriers/carrier.js';
import { carriersFor, readCarriers, withMedia, type CarrierWay } from '#core/carriers/index.js';
import type { DueMessage, QueueHead } from '#core/messages/due-messages.js';
import { Pace } from '#core/messages/pace.js';
import { SendingLanes, senderKey } from '#core/messages/sending-lanes.js';
import type { Mode, Tables } from '#core/tables.js';

/** For how many parts the connection of this process to a carrier has room; undefined: there is none. */
export type Rooms = (carrierId: string) => { window: number; free: number } | undefined;

/** What becomes of a text now. */
export type Admission =
  | { kind: 'goes'; carrier: string }
  /** Not before then. `aside`: others of its sender need not wait behind it. */
  | { kind: 'waits'; until: number; aside: boolean }
  | { kind: 'never'; reason: 'no_carrier' };

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
  readonly #room = new Map<string, number>();

  private constructor(
    private readonly now: number,
    private readonly carriers: readonly CarrierWay[],
    private readonly lanes: SendingLanes,
    private readonly rooms: Rooms,
  ) {}

  static async read(
    tx: Transaction<Tables>,
    heads: readonly QueueHead[],
    rooms: Rooms,
    at: Date,
  ): Promise<SendingCapacity> {
    const now = at.getTime();
    const lanes = await SendingLanes.read(tx, heads, now);
    const capacity = new SendingCapacity(now, await readCarriers(tx), lanes, rooms);
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

  /** Texts of one sender and priority that may leave now, at most. 0: `waitMs` says when. */
  allowance(head: QueueHead): number {
    if (this.waitMs(head) > 0) return 0;
    return this.#senders.get(senderKey(head.accountId, head.mode, head.sender))?.allowance ?? 0;
  }

  /** Milliseconds until the sender may send anything; Infinity: until something that is under way has ended. */
  waitMs(head: QueueHead): number {
    const pace = this.#senders.get(senderKey(head.accountId, head.mode, head.sender))?.waitMs ?? 0;
    return Math.max(pace, this.lanes.waitMs(head), this.#carriersWaitMs(head));
  }

  /** Counts a text in where there is room for it everywhere. */
  admit(text: DueMessage): Admission {
    const sender = this.#senders.get(keyOf(text));
    const wait = Math.max(sender?.waitMs ?? 0, this.lanes.waitMsFor(text));
    if (wait > 0) return { kind: 'waits', until: this.now + wait, aside: false };
    const carrier = this.#carrierFor(text);
    if (typeof carrier !== 'string') return carrier;
    sender?.take(text.segments);
    this.#carrierPaces.get(carrier)?.take(text.segments);
    this.#room.set(carrier, this.#roomOf(carrier) - text.segments);
    this.lanes.take(text);
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
    await this.lanes.write(tx);
  }

  /** For as long as no carrier takes anything, nobody looks at what waits for one. */
  #carriersWaitMs({ mode }: QueueHead): number {
    if (mode === 'test') return this.#roomOf(LOOPBACK) > 0 ? 0 : Infinity;
    if (this.carriers.length === 0) return 0;
    return Math.min(
      ...this.carriers.map(({ id }) => {
        const wait = this.#carrierPaces.get(id)?.waitMs ?? 0;
        return wait > 0 || this.#roomOf(id) > 0 ? wait : Infinity;
      }),
    );
  }

  /** Of test keys always the one that never leaves the machine. */
  #carrierFor(text: DueMessage): string | Admission {
    if (text.mode === 'test')
      return this.#hasRoom(LOOPBACK, text) ? LOOPBACK : { kind: 'waits', until: Infinity, aside: false };
    const { account_id: accountId, from_address: from, to_address: to, tried_carriers: tried } = text;
    const ways = text.begun
      ? this.carriers.filter(({ id }) => id === text.carrier_id)
      : carriersFor(withMedia(this.carriers, text.attachments), { accountId, from, to, tried });
    if (ways.length === 0) return { kind: 'never', reason: 'no_carrier' };
    let waitMs = Infinity;
    for (const { id } of ways) {
      const wait = this.#carrierPaces.get(id)?.waitMs ?? 0;
      if (wait === 0 && this.#hasRoom(id, text)) return id;
      if (wait > 0) waitMs = Math.min(waitMs, wait);
    }
    // Another carrier takes texts now: those that are for it need not wait behind this one.
    return { kind: 'waits', until: this.now + waitMs, aside: waitMs > ASIDE_AFTER_MS && waitMs !== Infinity };
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

function keyOf({ account_id, mode, from_address }: DueMessage): string {
  return senderKey(account_id, mode, from_address);
}
