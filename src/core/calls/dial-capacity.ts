import type { Transaction } from 'kysely';
import { effectiveLimits } from '#core/accounts/index.js';
import type { Db } from '#core/core.js';
import { waysFor, type Way } from '#core/calls/trunk-choice.js';
import type { Mode, Tables } from '#core/tables.js';
import { isWell } from '#core/trunks/index.js';

/** How many may run at once, and how evenly they leave. */
interface Lane {
  used: number;
  most: number;
  /** Of those, how many campaigns leave to everybody else. */
  reserved: number;
  /** Milliseconds between two dials. */
  intervalMs: number;
  nextAt: number;
  taken: boolean;
}

/** Percent of an account's calls, and of a trunk's channels where it says nothing else, that campaigns leave free (rule 2). */
const USUAL_RESERVE = 20;

/** A trunk by its id, and in how many milliseconds it or another one for the same number lets the next call leave. `waitMs`: there is room, and the pace of the trunk or the account (rule 15) lets nothing leave yet. */
export type Seat = { trunk: string; nextMs: number } | { waitMs: number } | 'no_room' | 'no_trunk';

/** Campaigns go last, and not to the last channel. */
export type DialClass = 'campaign' | 'other';

/** Dials closer together than this leave in one go: the clock of the claiming loop is no finer. */
const GRAIN_MS = 10;

/**
 * What may be dialled now: concurrent calls and pace of each account and mode, channels and pace of each trunk. Counted
 * from the rows that hold a lease, in the transaction that claims, so that it is exact over all processes.
 */
export class DialCapacity {
  readonly #accounts = new Map<string, Lane>();
  readonly #trunks = new Map<string, Lane>();

  private constructor(
    private readonly now: number,
    private readonly ways: Omit<Way, 'free'>[],
  ) {}

  static async read(tx: Transaction<Tables>, at: Date): Promise<DialCapacity> {
    const [trunks, accounts, paces, used] = [
      await readTrunks(tx),
      await tx.selectFrom('accounts').select(['id', 'limits']).execute(),
      await tx.selectFrom('account_paces').selectAll().execute(),
      await tx
        .selectFrom('calls')
        .select(({ fn }) => ['account_id', 'mode', 'trunk_id', 'direction', fn.countAll<number>().as('used')])
        .where('node_id', 'is not', null)
        .groupBy(['account_id', 'mode', 'trunk_id', 'direction'])
        .execute(),
    ];
    const capacity = new DialCapacity(at.getTime(), trunks.map(toWay));
    for (const { id, channels, calls_per_second, next_dial_at, settings } of trunks) {
      capacity.#trunks.set(id, lane(channels, calls_per_second, next_dial_at, settings.campaignReserve));
    }
    for (const { id, limits } of accounts) {
      const { concurrent_calls, calls_per_second } = effectiveLimits(limits);
      for (const mode of ['live', 'test'] as const) {
        const pace = paces.find((row) => row.account_id === id && row.mode === mode);
        capacity.#accounts.set(key(id, mode), lane(concurrent_calls, calls_per_second, pace?.next_dial_at ?? null));
      }
    }
    const seats = await tx
      .selectFrom('trunk_seats')
      .select(({ fn }) => ['account_id', 'mode', 'trunk_id', fn.countAll<number>().as('used')])
      .groupBy(['account_id', 'mode', 'trunk_id'])
      .execute();
    for (const { account_id, mode, trunk_id, direction, used: count } of [...used, ...seats.map(passedOn)]) {
      // What comes in, and what is passed on, takes a channel of its trunk, and keeps nobody from dialling.
      const account = direction === 'in' ? undefined : capacity.#accounts.get(key(account_id, mode));
      for (const of of [account, capacity.#trunks.get(trunk_id ?? '')]) {
        if (of !== undefined) of.used += Number(count);
      }
    }
    return capacity;
  }

  /** Counts a call in when there is room for it on its account and, where it needs one, its trunk. */
  take(accountId: string, mode: Mode, trunk: string | undefined, dialClass: DialClass = 'other'): boolean {
    const account = this.#accounts.get(key(accountId, mode));
    const way = trunk === undefined ? undefined : this.#trunks.get(trunk);
    if (account === undefined || (trunk !== undefined && way === undefined)) return false;
    const lanes = way === undefined ? [account] : [account, way];
    if (lanes.some((each) => this.#waitMs(each, dialClass) > 0)) return false;
    for (const each of lanes) {
      each.used += 1;
      each.nextAt = Math.max(each.nextAt, this.now) + each.intervalMs;
      each.taken = true;
    }
    return true;
  }

  /** Takes the best trunk for somebody who waits, before campaigns and into their reserve (rule 2). */
  takeBest(call: { accountId: string; mode: Mode; number: string; tried: readonly string[] }): Seat {
    const { accountId, mode } = call;
    const ways = this.waysFor(call);
    if (ways.length === 0) return 'no_trunk';
    const trunk = ways.find((way) => this.take(accountId, mode, way));
    const waitMs = Math.min(...ways.map((way) => this.waitFor(accountId, mode, way)));
    // Where all are full by now nobody waits: they are told so.
    if (trunk !== undefined) return { trunk, nextMs: waitMs === Infinity ? 0 : waitMs };
    return waitMs === Infinity ? 'no_room' : { waitMs };
  }

  /** Milliseconds until a call can take the trunk, as far as only its pace or the account's is in the way; else Infinity. */
  waitFor(accountId: string, mode: Mode, trunk: string): number {
    const lanes = [this.#accounts.get(key(accountId, mode)), this.#trunks.get(trunk)];
    return Math.max(...lanes.map((each) => (each === undefined ? Infinity : this.#waitMs(each, 'other'))));
  }

  /** The trunks that a call may take, the best first, whether they have room now or not. */
  waysFor(call: { accountId: string; number: string; tried: readonly string[] }): string[] {
    const ways = this.ways.map((way) => {
      const { most = 0, used = 0 } = this.#trunks.get(way.id) ?? {};
      return { ...way, free: most - used };
    });
    return waysFor(ways, call).map(({ id }) => id);
  }

  /** Accounts that can take no call of the class now, as `account:mode`. */
  waitingAccounts(dialClass: DialClass): string[] {
    return [...this.#accounts].filter(([, each]) => this.#waitMs(each, dialClass) > 0).map(([id]) => id);
  }

  /** Every trunk once for each of its prefixes, without any for the empty one; `open`: it can take a call now. */
  get waysByPrefix(): {
    trunk: string;
    owner: string | null;
    prefix: string;
    open: boolean;
    openToCampaigns: boolean;
  }[] {
    return this.ways.flatMap(({ id, accountId, prefixes }) => {
      const trunk = this.#trunks.get(id);
      const open = trunk !== undefined && this.#waitMs(trunk) <= 0;
      const openToCampaigns = trunk !== undefined && this.#waitMs(trunk, 'campaign') <= 0;
      const begins = prefixes.length === 0 ? [''] : prefixes;
      return begins.map((prefix) => ({ trunk: id, owner: accountId, prefix, open, openToCampaigns }));
    });
  }

  /** Milliseconds until the first lane that waits only for its pace is open; Infinity when none does. */
  get nextPaceMs(): number {
    const waits = [...this.#accounts.values(), ...this.#trunks.values()].map((each) => this.#waitMs(each));
    return Math.min(...waits.filter((wait) => wait > 0), Infinity);
  }

  async writePace(tx: Transaction<Tables>): Promise<void> {
    for (const [id, { taken, nextAt }] of this.#trunks) {
      if (!taken) continue;
      await tx
        .updateTable('trunks')
        // Since it was read an overloaded trunk may have asked to be left alone for longer.
        .set((eb) => ({ next_dial_at: eb.fn<Date>('greatest', ['next_dial_at', eb.val(new Date(nextAt))]) }))
        .where('id', '=', id)
        .execute();
    }
    for (const [id, { taken, nextAt }] of this.#accounts) {
      if (!taken) continue;
      const [accountId = '', mode] = id.split(':');
      const next_dial_at = new Date(nextAt);
      await tx
        .insertInto('account_paces')
        .values({ account_id: accountId, mode: mode as Mode, next_dial_at })
        .onConflict((conflict) => conflict.columns(['account_id', 'mode']).doUpdateSet({ next_dial_at }))
        .execute();
    }
  }

  /** Infinity: full. */
  #waitMs({ used, most, reserved, nextAt }: Lane, dialClass: DialClass = 'other'): number {
    if (used >= (dialClass === 'campaign' ? most - reserved : most)) return Infinity;
    const wait = nextAt - this.now;
    return wait < GRAIN_MS ? 0 : wait;
  }
}

function lane(most: number, perSecond: number, next: Date | null, reserve = USUAL_RESERVE): Lane {
  // None a second: nothing leaves, and no time is computed from a division by zero.
  const open = perSecond > 0 ? most : 0;
  // At least one where there are two; the only one is nobody's alone.
  const reserved = Math.min(Math.ceil((open * reserve) / 100), Math.max(open - 1, 0));
  return { used: 0, most: open, reserved, intervalMs: 1000 / perSecond, nextAt: next?.getTime() ?? 0, taken: false };
}

function key(accountId: string, mode: Mode): string {
  return `${accountId}:${mode}`;
}

/** All trunks with what is known of their state, the oldest first. */
export function readTrunks(tx: Db) {
  return tx
    .selectFrom('trunks')
    .leftJoin('trunk_states', 'trunk_states.trunk_id', 'trunks.id')
    .select(['id', 'account_id', 'prefixes', 'priority', 'channels', 'calls_per_second', 'next_dial_at', 'settings'])
    .select(['up', 'registered'])
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

/** A trunk that nothing is known of is taken to be well. */
export function toWay(row: Awaited<ReturnType<typeof readTrunks>>[number]): Omit<Way, 'free'> {
  const { id, account_id: accountId, prefixes, priority, up, registered } = row;
  return {
    id,
    accountId,
    prefixes,
    priority,
    well: up === null || isWell({ up, registered: registered ?? undefined }),
  };
}

/** Counts as what comes in does: it is a part of such a call. */
function passedOn<Seats>(seats: Seats): Seats & { direction: 'in' } {
  return { ...seats, direction: 'in' };
}
