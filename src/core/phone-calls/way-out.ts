import type { NoWay } from '#core/call-flow/index.js';
import type { Mode } from '#core/tables.js';
import type { DialTarget, LegEnded } from '#voice/engine.js';

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

/** `engine_failed`: it could not even be looked for. */
export type WayFound = FoundWay | NoWay | 'engine_failed';

/** Ways for one leg out. */
export interface Way {
  /** The next one, for this leg; looked for until then, in milliseconds since the epoch. `found` is not called once it was stopped. */
  find(leg: string, until: number, found: (way: WayFound) => void): void;
  /** Whether the leg failed for reasons of its trunk, so that another may carry the call. `rang`: somebody was reached. */
  failed(event: LegEnded, rang: boolean): boolean;
  /** The leg does not leave, after all. */
  ended(leg: string): void;
  stop(): void;
}

/** What is looked for is there already: the simulated network of the sandbox. */
export class SimulatedWay implements Way {
  constructor(private readonly number: string) {}

  find(_leg: string, _until: number, found: (way: WayFound) => void): void {
    found({ to: { kind: 'trunk', trunk: 'simulated', number: this.number }, keepsCaller: true });
  }

  failed(): boolean {
    return false;
  }

  ended(): void {
    // It took no channel of anybody.
  }

  stop(): void {
    // Nothing is being looked for.
  }
}
