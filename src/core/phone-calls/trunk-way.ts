import type { Transaction } from 'kysely';
import type { NoWay } from '#core/call-flow/index.js';
import { guarded, restTrunk, trunksFor, type Seat } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import { whyNotOutside } from '#core/outside-rule.js';
import type { Asked, PaceLines } from '#core/phone-calls/pace-lines.js';
import type { FoundWay, Way, WayAsked, WayFound } from '#core/phone-calls/way-out.js';
import { isSuppressed } from '#core/suppression/index.js';
import type { Tables } from '#core/tables.js';
import { untilWritten } from '#core/until-written.js';
import type { LegEnded } from '#voice/engine.js';

/** Whose channel of a trunk a leg takes: one beside the call's own, or the call's own. */
export interface Channel {
  /** `tried`: trunks that have failed this leg already. */
  take(tx: Transaction<Tables>, leg: string, tried: readonly string[], at: Date): Promise<Seat>;
  /** Once it is taken, in a transaction of its own: what speaks against the leg all the same. */
  hold(tx: Transaction<Tables>, at: Date): Promise<NoWay | undefined>;
  /** The leg on it has ended, or does not leave. */
  release(tx: Transaction<Tables>, leg: string, event: LegEnded | undefined, at: Date): Promise<void>;
}

/**
 * Ways for one leg out, over the trunks of the account: each with a channel, which is given back when the leg has ended. One that
 * fails for the trunk's own reasons is followed by the next. Who only waits for the pace of a trunk (rule 15) stands in line with all who wait for the same ones.
 */
export class TrunkWay implements Way {
  readonly #tried: string[] = [];
  /** By leg. */
  readonly #trunks = new Map<string, string>();
  #mayCall = false;
  #leaveLine: () => void = () => undefined;
  #stopped = false;
  #trunk: string | undefined;
  #lastFailed: LegEnded | undefined;

  constructor(
    private readonly core: Core,
    private readonly lines: PaceLines,
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
    const { core } = this;
    const { accountId, mode, callId } = this.asked;
    const latest = Math.min(until, this.patienceMs + core.clock.now());
    const tell = (way: WayFound): void => guarded(core, () => (this.#stopped ? this.ended(leg) : found(way)));
    core.background.run('find a way out', async () => {
      try {
        const trunks = await this.#trunksFor();
        if (typeof trunks === 'string') return tell(trunks);
        if (this.#stopped) return;
        this.#leaveLine = this.lines.join([accountId, mode, ...trunks].join(' '), {
          ...{ core, callId, until: latest },
          ask: () => this.#ask(leg, tell),
          tooLate: () => tell('no_room'),
        });
      } catch (error) {
        tell('engine_failed');
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
    this.#leaveLine();
  }

  /** In a fixed order; or why the number is not called at all. */
  async #trunksFor(): Promise<string[] | NoWay> {
    const why = this.#mayCall ? undefined : await whyNotOutside(this.core, this.asked);
    if (why !== undefined) return why;
    this.#mayCall = true;
    const { accountId, number } = this.asked;
    const trunks = await trunksFor(this.core.db, { accountId, number, tried: this.#tried });
    return trunks.length === 0 ? 'no_trunk' : trunks.sort();
  }

  async #ask(leg: string, tell: (way: WayFound) => void): Promise<Asked> {
    try {
      const seat = await this.#take(leg);
      if (typeof seat === 'object' && 'waitMs' in seat) return { isOver: false, waitMs: seat.waitMs };
      tell(typeof seat === 'string' ? seat : await this.#wayBy(leg, seat.trunk));
      return { isOver: true, waitMs: typeof seat === 'string' ? 0 : seat.nextMs };
    } catch (error) {
      this.ended(leg);
      tell('engine_failed');
      throw error;
    }
  }

  async #take(leg: string): Promise<Seat | 'suppressed'> {
    const { accountId, mode, number } = this.asked;
    const at = new Date(this.core.clock.now());
    const seat = await untilWritten(this.core, async (tx): Promise<Seat | 'suppressed'> => {
      const person = { accountId, mode, address: number, purpose: 'person' } as const;
      if (await isSuppressed(tx, this.core.secrets, person)) return 'suppressed';
      return this.channel.take(tx, leg, this.#tried, at);
    });
    if (typeof seat === 'object' && 'trunk' in seat) {
      this.#trunks.set(leg, seat.trunk);
      this.#trunk = seat.trunk;
    }
    return seat;
  }

  /** The trunk is taken for it. */
  async #wayBy(leg: string, trunk: string): Promise<FoundWay | NoWay> {
    const at = new Date(this.core.clock.now());
    // Not under the lock of all who look for a channel: a wallet is its account's affair.
    const against = await untilWritten(this.core, (tx) => this.channel.hold(tx, at));
    if (against !== undefined) {
      this.ended(leg);
      return against;
    }
    const { number } = this.asked;
    return { to: { kind: 'trunk', trunk, number }, keepsCaller: await this.#keepsCaller(trunk) };
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
