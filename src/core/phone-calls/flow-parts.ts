import type {
  Destination,
  FlowConfiguration,
  FlowEvent,
  FlowInput,
  FlowStep,
  NotTaken,
} from '#core/call-flow/index.js';
import type { CallRow, LegBook, LegTask } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import type { LiveCalls } from '#core/phone-calls/live-calls.js';
import type { FlowRun } from '#core/phone-calls/flow-run.js';
import type { Outbound } from '#core/phone-calls/outbound.js';
import type { Party } from '#core/phone-calls/party.js';
import type { CallerShown } from '#core/phone-calls/shown-caller.js';
import type { EngineEvent, LegId } from '#voice/engine.js';

/** What a leader of our own has done besides: the caller's leg is handed to a task, and `recorded` follows. */
export type LeaderStep =
  | FlowStep
  | { kind: 'task'; task: (leg: LegId) => LegTask }
  /** Something is done first, which says what follows. */
  | { kind: 'act'; act: () => Promise<FlowStep> };

/** Who says what is done with a call next: `FlowMachine`. */
export interface FlowLeader {
  begin(at: Date): LeaderStep;
  next(input: FlowInput, at: Date): LeaderStep;
  jump(destination: Destination, at: Date): LeaderStep;
  readonly events: readonly FlowEvent[];
}

/** Hears once what came of where a call was led; a call that reached nobody goes on as `failed` says. */
export interface LeadWatch {
  reached(): void;
  failed(cause: NotTaken): void;
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
  /** Of a call that a phone of ours makes to a number outside. */
  outbound?: Outbound;
  /** A phone of ours asks to pass the call on. Without it, it is told that it may not. */
  onTransfer?: (run: FlowRun, event: Extract<EngineEvent, { kind: 'transfer.request' }>) => void;
}
