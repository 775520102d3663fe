import { sql, type Transaction } from 'kysely';
import { effectiveLimits } from '#core/accounts/index.js';
import type { DueMessage, QueueHead } from '#core/messages/due-messages.js';
import { sendingCaps } from '#core/registrations/index.js';
import type { Mode, Tables } from '#core/tables.js';

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

const MINUTE_MS = 60_000;

/** What is counted by the minute or the day: the limit of each account and mode, and the caps of registrations (rule 6). */
export class SendingLanes {
  readonly #lanes = new Map<string, Lane[]>();

  private constructor(private readonly now: number) {}

  /** The lanes of these senders, with what went through them before. */
  static async read(tx: Transaction<Tables>, heads: readonly QueueHead[], now: number): Promise<SendingLanes> {
    const lanes = new SendingLanes(now);
    const accounts = [...new Set(heads.map(({ accountId }) => accountId))];
    if (accounts.length === 0) return lanes;
    const limits = await tx.selectFrom('accounts').select(['id', 'limits']).where('id', 'in', accounts).execute();
    const startsAt = new Date(Math.floor(now / MINUTE_MS) * MINUTE_MS);
    const opensAt = new Date(startsAt.getTime() + MINUTE_MS);
    const shared = new Map<string, Lane>();
    for (const { accountId, mode, sender } of heads) {
      const scope = `account ${accountId} ${mode}`;
      const stored = limits.find(({ id }) => id === accountId)?.limits ?? {};
      const most = effectiveLimits(stored).messages_per_minute;
      const lane = shared.get(scope) ?? { scope, startsAt, most, by: 'segments', opensAt, before: 0, taken: 0 };
      shared.set(scope, lane);
      const key = senderKey(accountId, mode, sender);
      if (lanes.#lanes.has(key)) continue;
      const caps = await sendingCaps(tx, { accountId, mode, sender, at: new Date(now) });
      const registered = caps.map((cap) => shared.get(cap.scope) ?? { ...cap, before: 0, taken: 0 });
      for (const one of registered) shared.set(one.scope, one);
      lanes.#lanes.set(key, [lane, ...registered]);
    }
    const counts = await tx
      .selectFrom('sending_counts')
      .selectAll()
      .where('scope', 'in', [...shared.keys()])
      .where(
        'starts_at',
        'in',
        [...new Set([...shared.values()].map((lane) => lane.startsAt.getTime()))].map((ms) => new Date(ms)),
      )
      .execute();
    for (const { scope, starts_at, count } of counts) {
      const lane = shared.get(scope);
      if (lane?.startsAt.getTime() === starts_at.getTime()) lane.before = Number(count);
    }
    return lanes;
  }

  /** Milliseconds until a sender may send anything at all; 0: now. */
  waitMs({ accountId, mode, sender }: QueueHead): number {
    const lanes = this.#lanes.get(senderKey(accountId, mode, sender)) ?? [];
    const full = lanes.filter(({ before, taken, most }) => before + taken >= most);
    return Math.max(0, ...full.map(({ opensAt }) => opensAt.getTime() - this.now));
  }

  /** Milliseconds until there is room for a text; 0: now. What is larger than a whole lane goes through it alone. */
  waitMsFor(text: DueMessage): number {
    const full = this.#of(text).filter((lane) => {
      const used = lane.before + lane.taken;
      return used > 0 ? used + unitsOf(lane, text) > lane.most : lane.most <= 0;
    });
    return Math.max(0, ...full.map(({ opensAt }) => opensAt.getTime() - this.now));
  }

  take(text: DueMessage): void {
    for (const lane of this.#of(text)) lane.taken += unitsOf(lane, text);
  }

  async write(tx: Transaction<Tables>): Promise<void> {
    const counts = [...new Set([...this.#lanes.values()].flat())].flatMap(
      ({ scope, startsAt: starts_at, taken: count }) => (count === 0 ? [] : [{ scope, starts_at, count }]),
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

  #of({ account_id, mode, from_address }: DueMessage): Lane[] {
    return this.#lanes.get(senderKey(account_id, mode, from_address)) ?? [];
  }
}

export function senderKey(accountId: string, mode: Mode, sender: string): string {
  return JSON.stringify([accountId, mode, sender]);
}

function unitsOf({ by }: Lane, { segments }: DueMessage): number {
  return by === 'segments' ? segments : 1;
}
