import type { Transaction } from 'kysely';
import type { CallRow } from '#core/calls/call.js';
import type { Tables } from '#core/tables.js';
import type { EngineEvent, LegId } from '#voice/engine.js';

/** Why the last look before a call leaves stopped it. `withdrawn`: its campaign tries again later. */
export type NotDialled = 'suppressed' | 'canceled' | 'ended' | 'withdrawn' | 'not_verified' | 'insufficient_funds';

/** A call under way, as the conductor drives it. */
export interface ConductedCall {
  /** Dials, or answers; `onFinished` is called once all its legs are gone and its terminal state is in the database. */
  start(onFinished: () => void): void;
  /** Of one of its legs. */
  onEvent(event: EngineEvent): void;
  /** Hangs up: on request, or because the server stops and has waited long enough. */
  cancel(why?: 'canceled' | 'server_stopped'): void;
  /**
   * Something of ours went wrong in it: it hangs up on everybody and ends as failed, unless it is one that goes on all the
   * same. Without it the conductor ends the call.
   */
  readonly fail?: (() => AfterSlip) | undefined;
  /** It could not end by itself: the conductor has hung up on its legs, and tells it nothing more. */
  readonly gone?: (() => void) | undefined;
  /** One of its legs asks for a transfer. Without this it is told that it may not. */
  readonly onTransfer?: ((event: Extract<EngineEvent, { kind: 'transfer.request' }>) => void) | undefined;
}

/** What a call does after something of ours went wrong in it. */
export type AfterSlip = 'ends' | 'goes on';

/** Which call under way hears what is said of a leg. */
export interface LegBook {
  /** From now on this call does, whoever did before. */
  add(leg: LegId, callId: string): void;
  /** It has ended. */
  remove(leg: LegId): void;
}

/** A call that is ready to be dialled: nothing has left yet. */
export interface CallPlan {
  /** Every leg that it may have. */
  legs: string[];
  /** The last look, and what has to be written before any packet leaves. */
  write(tx: Transaction<Tables>, at: Date): Promise<CallRow | NotDialled>;
  begin(row: CallRow): ConductedCall;
}
