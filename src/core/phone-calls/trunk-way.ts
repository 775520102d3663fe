import type { Transaction } from 'kysely';
import type { Timer } from '#clock.js';
import type { NoWay } from '#core/call-flow/index.js';
import { restTrunk, type Seat } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import { whyNotOutside } from '#core/phone-calls/outside-rule.js';
import type { LegEnded } from '#core/phone-calls/party.js';
import type { FoundWay, Way, WayAsked, WayFound } from '#core/phone-calls/way-out.js';
import { isSuppressed } from '#core/suppression/index.js';
import type { Tables } from '#core/tables.js';
import { untilWritten } from '#core/until-written.js';

/** Whose channel of a trunk a leg takes: one beside the call's own, or the call's own. */
export interface Channel {
  /** `tried`: trunks that have failed this leg already. */
  take(tx: Transaction<Tables>, leg: string, tried: readonly string[], at: Date): Promise<Seat>;
  /** Once it is taken, in a transaction of its own: what speaks against the leg all the same. */
  hold(tx: Transaction<Tables>, at: Date): Promise<NoWay | undefined>;
  /** The leg on it has ended, or does not leave. */
  release(tx: Transaction<Tables>, leg: string, event: LegEnded | undefined, at: Date): Promise<void>;
}

/** What it waits for is looked at again after so long at most. */
const LONGEST_PAUSE_MS = 1000;

/**
 * Ways for one leg out, over the trunks of the account: each with a channel, which is given back when the leg has ended. One that
 * fails for the trunk's own reasons is followed by the next. Who only waits for the pace of a trunk (rule 15) waits their turn.
 */
export class TrunkWay implements Way {
  readonly #tried: string[] = [];
  /** By leg. */
  readonly #trunks = new Map<string, string>();
  #timer: Timer | undefined;
  #stopped = false;
  #trunk: string | undefined;
  #lastFailed: LegEnded | undefined;

  constructor(
    private readonly core: Core,
    private readonly asked: WayAsked,
    private readonly channel: Channel,
    /** How long a turn is waited for at most; undefined: as long as the leg may ring. */
    private readonly patienceMs = Infinity,
  ) {}

  /** The last one that was taken. */
  get trunk(): string | undefined {
    return this.#trunk;
  }

  /** The end of the last leg that reached nobody, as its trunk told it. */
  get lastFailed(): LegEnded | undefined {
    return this.#lastFailed;
  }

  find(leg: string, until: number, found: (way: WayFound) => void): void {
    this.#search(leg, Math.min(until, this.patienceMs + this.core.clock.now()), found);
  }

  #search(leg: string, until: number, found: (way: WayFound) => void): void {
    this.core.background.run('find a way out', async () => {
      try {
        await this.#look(leg, until, found);
      } catch (error) {
        this.ended(leg);
        if (!this.#stopped) found('engine_failed');
        throw error;
      }
    });
  }

  failed(event: LegEnded, rang: boolean): boolean {
    const trunk = this.#trunks.get(event.leg);
    this.#lastFailed = event;
    this.#release(event.leg, event);
    if (trunk === undefined || rang) return false;
    this.#tried.push(trunk);
    const { cause, sipCode } = event;
    if (cause === 'unreachable' || cause === 'no_route' || cause === 'congestion') return true;
    return cause === 'carrier_error' && sipCode !== undefined && sipCode >= 500 && sipCode < 600;
  }

  ended(leg: string): void {
    this.#release(leg, undefined);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #look(leg: string, until: number, found: (way: WayFound) => void): Promise<void> {
    const way = await this.#try(leg);
    if (this.#stopped) return this.ended(leg);
    if (typeof way !== 'object' || 'to' in way) return found(way);
    const { clock } = this.core;
    if (way.waitMs + clock.now() > until) return found('no_room');
    this.#timer = clock.after(Math.min(way.waitMs, LONGEST_PAUSE_MS), () => this.#search(leg, until, found));
  }

  async #try(leg: string): Promise<FoundWay | { waitMs: number } | NoWay> {
    const { accountId, mode, number } = this.asked;
    const why = await whyNotOutside(this.core, this.asked);
    if (why !== undefined) return why;
    const at = new Date(this.core.clock.now());
    const seat = await untilWritten(this.core, async (tx): Promise<Seat | 'suppressed'> => {
      const person = { accountId, mode, address: number, purpose: 'person' } as const;
      if (await isSuppressed(tx, this.core.secrets, person)) return 'suppressed';
      return this.channel.take(tx, leg, this.#tried, at);
    });
    if (typeof seat === 'string' || 'waitMs' in seat) return seat;
    this.#trunks.set(leg, seat.trunk);
    this.#trunk = seat.trunk;
    // Not under the lock of all who look for a channel: a wallet is its account's affair.
    const against = await untilWritten(this.core, (tx) => this.channel.hold(tx, at));
    if (against !== undefined) {
      this.ended(leg);
      return against;
    }
    return { to: { kind: 'trunk', trunk: seat.trunk, number }, keepsCaller: await this.#keepsCaller(seat.trunk) };
  }

  async #keepsCaller(trunk: string): Promise<boolean> {
    const row = await this.core.db.selectFrom('trunks').select('settings').where('id', '=', trunk).executeTakeFirst();
    return row?.settings.keepCaller !== false;
  }

  /** Gives the channel back; a trunk that asked for it is left alone for a while (rule 15). */
  #release(leg: string, event: LegEnded | undefined): void {
    const trunk = this.#trunks.get(leg);
    if (trunk === undefined) return;
    this.#trunks.delete(leg);
    const at = new Date(this.core.clock.now());
    this.core.background.run('give a channel back', () =>
      untilWritten(this.core, async (tx) => {
        if (event?.cause === 'congestion') await restTrunk(tx, trunk, event, at);
        await this.channel.release(tx, leg, event, at);
      }),
    );
  }
}
