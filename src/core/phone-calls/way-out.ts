import type { Timer } from '#clock.js';
import { destinationAllowed, releaseSeat, restTrunk, takeSeat, type Seat } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import { isSuppressed } from '#core/suppression/index.js';
import type { Mode } from '#core/tables.js';
import { untilWritten } from '#core/until-written.js';
import type { LegEnded } from '#core/phone-calls/party.js';
import type { DialTarget } from '#voice/engine.js';

/** What a leg out through a trunk is for. */
export interface WayAsked {
  accountId: string;
  mode: Mode;
  callId: string;
  /** E.164. */
  number: string;
}

export interface FoundWay {
  to: DialTarget;
  /** Whether others' numbers may be shown there. */
  keepsCaller: boolean;
}

/** `not_allowed`: the outbound rule (rule 12), or whoever is there wants no calls (rule 3). */
export type NoWay = 'not_allowed' | 'no_room' | 'no_trunk';

/** Ways for one leg out. */
export interface Way {
  /** The next one, for this leg. `found` is not called once it was stopped. */
  find(leg: string, found: (way: FoundWay | NoWay) => void): void;
  /** Whether the leg failed for reasons of its trunk, so that another may carry the call. `rang`: somebody was reached. */
  failed(event: LegEnded, rang: boolean): boolean;
  ended(leg: string): void;
  stop(): void;
}

/** Somebody waits: the pace of a trunk is waited for so often, and so long at most each time. */
const MOST_WAITS = 5;
const LONGEST_WAIT_MS = 1000;
const SIMULATED = 'simulated';

/**
 * Ways for one leg out, each with a channel of its trunk, which is given back when the leg has ended. One that fails for
 * the trunk's own reasons is followed by the next.
 */
export class WayOut implements Way {
  readonly #tried: string[] = [];
  /** By leg. */
  readonly #seats = new Map<string, string>();
  #timer: Timer | undefined;
  #stopped = false;

  constructor(
    private readonly core: Core,
    private readonly asked: WayAsked,
  ) {}

  /** The next way, for this leg. `found` is not called once it was stopped. */
  find(leg: string, found: (way: FoundWay | NoWay) => void): void {
    if (this.asked.mode === 'test') {
      const to = { kind: 'trunk', trunk: SIMULATED, number: this.asked.number } as const;
      return found({ to, keepsCaller: true });
    }
    this.#look(leg, found, 0);
  }

  /** Whether the leg failed for reasons of its trunk, so that another may carry the call. `rang`: somebody was reached. */
  failed(event: LegEnded, rang: boolean): boolean {
    const { leg, cause, sipCode } = event;
    const trunk = this.#seats.get(leg);
    this.ended(leg, cause === 'congestion' ? event : undefined);
    if (trunk === undefined || rang) return false;
    this.#tried.push(trunk);
    if (cause === 'unreachable' || cause === 'no_route' || cause === 'congestion') return true;
    return cause === 'carrier_error' && sipCode !== undefined && sipCode >= 500 && sipCode < 600;
  }

  /** Gives the channel back. `overload`: the trunk asked to be left alone (rule 15). */
  ended(leg: string, overload?: Pick<LegEnded, 'retryAfterSeconds'>): void {
    const trunk = this.#seats.get(leg);
    if (trunk === undefined) return;
    this.#seats.delete(leg);
    this.core.background.run('give a channel back', () =>
      untilWritten(this.core, async (tx) => {
        await releaseSeat(tx, leg);
        if (overload !== undefined) await restTrunk(tx, trunk, overload, new Date(this.core.clock.now()));
      }),
    );
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #look(leg: string, found: (way: FoundWay | NoWay) => void, waits: number): void {
    this.core.background.run('find a way out', async () => {
      const way = await this.#try(leg);
      if (typeof way === 'object' && 'to' in way) this.#seats.set(leg, way.trunk);
      if (this.#stopped) return this.ended(leg);
      if (typeof way !== 'object' || 'to' in way) return found(way);
      if (waits >= MOST_WAITS) return found('no_room');
      this.#timer = this.core.clock.after(Math.min(way.waitMs, LONGEST_WAIT_MS), () =>
        this.#look(leg, found, waits + 1),
      );
    });
  }

  async #try(leg: string): Promise<(FoundWay & { trunk: string }) | { waitMs: number } | NoWay> {
    const { accountId, mode, number } = this.asked;
    const { db, secrets } = this.core;
    if (!(await destinationAllowed(db, { accountId, mode, to: number }))) return 'not_allowed';
    const at = new Date(this.core.clock.now());
    return untilWritten(this.core, async (tx) => {
      if (await isSuppressed(tx, secrets, { accountId, mode, address: number, purpose: 'person' }))
        return 'not_allowed';
      const seat: Seat = await takeSeat(tx, { ...this.asked, leg, tried: this.#tried }, at);
      if (typeof seat === 'string' || 'waitMs' in seat) return seat;
      const { settings } = await tx
        .selectFrom('trunks')
        .select('settings')
        .where('id', '=', seat.trunk)
        .executeTakeFirstOrThrow();
      const to = { kind: 'trunk', trunk: seat.trunk, number } as const;
      return { ...seat, to, keepsCaller: settings.keepCaller !== false };
    });
  }
}
