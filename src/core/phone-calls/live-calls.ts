import type { FlowRun } from '#core/phone-calls/flow-run.js';
import { PaceLines } from '#core/phone-calls/pace-lines.js';
import type { Party } from '#core/phone-calls/party.js';
import type { Mode } from '#core/tables.js';
import type { LegId } from '#voice/engine.js';

/** A leg of a call that this process conducts, and the call. */
export interface LiveLeg {
  run: FlowRun;
  party: Party;
}

/** The calls between people that this process conducts now: who rings, who speaks, for whoever picks up or transfers. */
export class LiveCalls {
  /** Where legs of theirs wait for a trunk. */
  readonly lines = new PaceLines();
  readonly #runs = new Map<string, FlowRun>();

  add(run: FlowRun): void {
    this.#runs.set(run.row.id, run);
  }

  remove(run: FlowRun): void {
    this.#runs.delete(run.row.id);
  }

  /** Whose leg it is. */
  legOf(leg: LegId): LiveLeg | undefined {
    for (const run of this.#runs.values()) {
      const party = run.partyOf(leg);
      if (party !== undefined) return { run, party };
    }
    return undefined;
  }

  /** The calls of an account, the oldest first. */
  of({ accountId, mode }: { accountId: string; mode: Mode }): FlowRun[] {
    return [...this.#runs.values()].filter(({ row }) => row.account_id === accountId && row.mode === mode);
  }

  /** The legs of a phone of an account, by its name: those that ring it too. */
  legsOfPhone(owner: { accountId: string; mode: Mode }, phone: string): LiveLeg[] {
    return this.of(owner).flatMap((run) =>
      run.parties.filter((party) => party.phone === phone && !party.isEnded).map((party) => ({ run, party })),
    );
  }

  /** Whether somebody speaks at the phone. */
  isTalking(owner: { accountId: string; mode: Mode }, phone: string): boolean {
    return this.legsOfPhone(owner, phone).some(({ party }) => party.isAnswered || party.isCaller);
  }
}
