import { sql, type Transaction } from 'kysely';
import { effectiveLimits } from '#core/accounts/index.js';
import type { DueMessage, QueueHead } from '#core/messages/due-messages.js';
import { sendingCapsOf, type CappedSender, type SendingCap } from '#core/registrations/index.js';
import type { Mode, Tables } from '#core/tables.js';

/** So many segments within a minute or a day, counted in a row. */
interface Lane extends SendingCap {
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
    const senders = [...new Map(heads.map((head) => [senderKeyOf(head), head])).values()];
    const all = await lanesOf(tx, senders, new Date(now));
    if (all.length === 0) return lanes;
    const shared = new Map<string, Lane>();
    for (const [index, sender] of senders.entries()) {
      const ours = (all[index] ?? []).map((lane) => shared.get(lane.scope) ?? { ...lane, before: 0, taken: 0 });
      for (const lane of ours) shared.set(lane.scope, lane);
      lanes.#lanes.set(senderKeyOf(sender), ours);
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
      return used > 0 ? used + text.segments > lane.most : lane.most <= 0;
    });
    return Math.max(0, ...full.map(({ opensAt }) => opensAt.getTime() - this.now));
  }

  take(text: DueMessage): void {
    for (const lane of this.#of(text)) lane.taken += text.segments;
  }

  async write(tx: Transaction<Tables>): Promise<void> {
    const counts = [...new Set([...this.#lanes.values()].flat())]
      .flatMap(({ scope, startsAt: starts_at, taken: count }) => (count === 0 ? [] : [{ scope, starts_at, count }]))
      // In one order for everybody.
      .sort((a, b) => (a.scope < b.scope ? -1 : 1));
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

function senderKeyOf({ accountId, mode, sender }: CappedSender): string {
  return senderKey(accountId, mode, sender);
}

/** What holds for each of the senders at a moment. */
async function lanesOf(tx: Transaction<Tables>, senders: readonly CappedSender[], at: Date): Promise<SendingCap[][]> {
  const accounts = [...new Set(senders.map(({ accountId }) => accountId))];
  if (accounts.length === 0) return [];
  const rows = await tx.selectFrom('accounts').select(['id', 'limits']).where('id', 'in', accounts).execute();
  const limits = new Map(rows.map(({ id, limits: stored }) => [id, effectiveLimits(stored).messages_per_minute]));
  const startsAt = new Date(Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS);
  const opensAt = new Date(startsAt.getTime() + MINUTE_MS);
  const caps = await sendingCapsOf(tx, senders, at);
  return senders.map(({ accountId, mode }, index) => [
    {
      ...{ scope: `account ${accountId} ${mode}`, startsAt, opensAt, by: 'segments' },
      most: limits.get(accountId) ?? effectiveLimits({}).messages_per_minute,
    },
    ...(caps[index] ?? []),
  ]);
}

/** Segments that were counted when their text was claimed, and surely did not leave. */
export interface Unsent extends CappedSender {
  claimedAt: Date;
  segments: number;
}

/** Takes what did not leave out of the counts: a carrier that is away uses up nobody's minute or day. */
export async function uncount(tx: Transaction<Tables>, unsent: readonly Unsent[]): Promise<void> {
  const less = new Map<string, { scope: string; startsAt: Date; segments: number }>();
  for (const ms of new Set(unsent.map(({ claimedAt }) => claimedAt.getTime()))) {
    const then = unsent.filter(({ claimedAt }) => claimedAt.getTime() === ms);
    const lanes = await lanesOf(tx, then, new Date(ms));
    for (const [index, { segments }] of then.entries()) {
      for (const { scope, startsAt } of lanes[index] ?? []) {
        const key = `${scope} ${startsAt.getTime()}`;
        less.set(key, { scope, startsAt, segments: (less.get(key)?.segments ?? 0) + segments });
      }
    }
  }
  // In one order for everybody.
  for (const [, { scope, startsAt, segments }] of [...less].sort(([a], [b]) => (a < b ? -1 : 1))) {
    await tx
      .updateTable('sending_counts')
      .set((eb) => ({ count: eb.fn<number>('greatest', [eb('count', '-', segments), eb.val(0)]) }))
      .where('scope', '=', scope)
      .where('starts_at', '=', startsAt)
      .execute();
  }
}
