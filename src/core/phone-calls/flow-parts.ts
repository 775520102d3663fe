import type { Destination, FlowConfiguration, FlowEvent, FlowInput, FlowStep } from '#core/call-flow/index.js';
import type { CallRow, LegBook, LegTask } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import type { LiveCalls } from '#core/phone-calls/live-calls.js';
import type { Party } from '#core/phone-calls/party.js';
import type { CallerShown } from '#core/phone-calls/shown-caller.js';

/** Who says what is done with a call next: `FlowMachine`. */
export interface FlowLeader {
  begin(at: Date): FlowStep;
  next(input: FlowInput, at: Date): FlowStep;
  jump(destination: Destination, at: Date): FlowStep;
  readonly events: readonly FlowEvent[];
}

/** What one call between people is made of. */
export interface FlowParts {
  core: Core;
  row: CallRow;
  caller: Party;
  shown: CallerShown;
  /** Hops that are left to it (RFC 7332). */
  maxForwards: number | undefined;
  leader: FlowLeader;
  configuration: FlowConfiguration;
  legs: LegBook;
  live: LiveCalls;
  /** Whether what both say is recorded. */
  records: boolean;
  /** The caller speaks to a mailbox. */
  takeMessage?: (caller: Party, mailboxId: number) => LegTask;
}
