import type { Transaction } from 'kysely';
import type { CallRow } from '#core/calls/call.js';
import type { ConductedCall, LegBook } from '#core/calls/conducted-call.js';
import type { Core } from '#core/core.js';
import type { Mode, Tables } from '#core/tables.js';
import type { EngineEvent } from '#voice/engine.js';

export type LegIncoming = Extract<EngineEvent, { kind: 'leg.incoming' }>;

/** A call that comes in, from a trunk or from a phone of ours. */
export interface ComingCall {
  /** Of its row, once there is one. */
  id: string;
  /** As this call has it: what a timer of it throws costs this call alone. */
  core: Core;
  mode: Mode;
  incoming: LegIncoming;
  legs: LegBook;
  /** The SIP status that it is refused with unless it is a call for help; undefined: there is room for it. */
  refusal?: number | undefined;
}

/** A call that somebody takes: nothing is written yet, and nobody has been rung. */
export interface TakenCall {
  /** A call for help: it waits for nobody's turn, and no limit refuses it (rule 11). */
  isHelp?: boolean;
  /** Writes its row before anything rings; or the SIP status that its caller is refused with. */
  write(tx: Transaction<Tables>, at: Date): Promise<CallRow | number>;
  /** `hasLeft`: its caller has gone while it was written. */
  begin(row: CallRow, hasLeft: boolean): ConductedCall;
}

/** Takes the calls that lead to people. The platform gives it: calls know nothing of where people are. */
export interface CallTaker {
  /** Whether what a phone dialled means help where its account is at home: before anything else is read for it. */
  meansHelp(call: ComingCall): Promise<boolean>;
  /** Undefined: it leads to nobody. A number: the SIP status that it is refused with. */
  takeTrunkCall(call: ComingCall): Promise<TakenCall | number | undefined>;
  takePhoneCall(call: ComingCall): Promise<TakenCall | number>;
}
