import type { Timer } from '#clock.js';
import { destinationAllowed, holdFirstMinute, restTrunk, takeRowTrunk } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import { withinStage } from '#core/numbers/index.js';
import type { FoundWay, NoWay, Way } from '#core/phone-calls/way-out.js';
import { isSuppressed } from '#core/suppression/index.js';
import { untilWritten } from '#core/until-written.js';
import type { EngineEvent } from '#voice/engine.js';

type LegEnded = Extract<EngineEvent, { kind: 'leg.ended' }>;

/** Somebody waits: the pace of a trunk is waited for so often, and so long at most each time. */
const MOST_WAITS = 5;
const LONGEST_WAIT_MS = 1000;

/**
 * Ways for the call of a phone of ours to a number outside: the trunk is that of the call's own row, which is charged for it
 * and counts among the account's calls. The outbound rule (rule 12), opt-outs of everything (rule 3), the account's stage
 * and balance are looked at before anything leaves.
 */
export class RowWay implements Way {
  readonly #tried: string[] = [];
  #trunk: string | undefined;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(
    private readonly core: Core,
    private readonly call: { accountId: string; callId: string; number: string },
  ) {}

  get trunk(): string | undefined {
    return this.#trunk;
  }

  find(_leg: string, found: (way: FoundWay | NoWay) => void): void {
    this.#look(found, 0);
  }

  failed(event: LegEnded, rang: boolean): boolean {
    const { cause, sipCode } = event;
    const trunk = this.#trunk;
    if (trunk === undefined) return false;
    if (cause === 'congestion') {
      this.core.background.run('leave an overloaded trunk alone', () =>
        untilWritten(this.core, async (tx) => {
          await restTrunk(tx, trunk, event, new Date(this.core.clock.now()));
        }),
      );
    }
    this.#tried.push(trunk);
    if (rang) return false;
    if (cause === 'unreachable' || cause === 'no_route' || cause === 'congestion') return true;
    return cause === 'carrier_error' && sipCode !== undefined && sipCode >= 500 && sipCode < 600;
  }

  ended(): void {
    // The channel is the row's, and is given back with it.
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #look(found: (way: FoundWay | NoWay) => void, waits: number): void {
    this.core.background.run('find a way out', async () => {
      const way = await this.#try();
      if (this.#stopped) return;
      if (typeof way !== 'object' || 'to' in way) return found(way);
      if (waits >= MOST_WAITS) return found('no_room');
      this.#timer = this.core.clock.after(Math.min(way.waitMs, LONGEST_WAIT_MS), () => this.#look(found, waits + 1));
    });
  }

  async #try(): Promise<FoundWay | { waitMs: number } | NoWay> {
    const { accountId, callId, number } = this.call;
    const owner = { accountId, mode: 'live' } as const;
    const { db, secrets } = this.core;
    if (!(await destinationAllowed(db, { ...owner, to: number }))) return 'not_allowed';
    if (!(await withinStage(db, { ...owner, numbers: [number] })).has(number)) return 'not_allowed';
    const at = new Date(this.core.clock.now());
    const way = await untilWritten(this.core, async (tx) => {
      if (await isSuppressed(tx, secrets, { ...owner, address: number, purpose: 'person' })) return 'not_allowed';
      const taken = await takeRowTrunk(tx, { callId, number, tried: this.#tried }, at);
      if (typeof taken === 'string' || 'waitMs' in taken) return taken;
      return (await holdFirstMinute(tx, taken.row, at)) === 'held' ? taken : 'not_allowed';
    });
    if (typeof way === 'string' || 'waitMs' in way) return way;
    this.#trunk = way.trunk;
    return { to: { kind: 'trunk', trunk: way.trunk, number }, keepsCaller: true };
  }
}
