import { AnswerRun } from '#core/calls/answer-run.js';
import type { Outcome } from '#core/calls/call-reason.js';
import type { KeyAction } from '#core/calls/call-script.js';
import type { CallRow } from '#core/calls/call.js';
import { CodeRun, type CodeLeg } from '#core/calls/code-run.js';
import { ScriptRun } from '#core/calls/script-run.js';
import type { Clock } from '#clock.js';
import type { MachineVerdict } from '#voice/engine.js';

/** The answered part of a call with one person, as `CallRun` drives it: what the engine says goes in, commands come out. */
export interface Conversation {
  start(): void;
  /** Whether this changes what is thought of who answered. */
  heard(verdict: MachineVerdict): boolean;
  /** A mailbox's tone has ended. */
  beep(): void;
  /** A greeting has ended without a beep. */
  silence(): void;
  /** Listening is over. */
  listened(): void;
  /** A play job has been heard to its end. */
  played(job: string): void;
  /** What pressing the key now would do. */
  actionOf(digit: string): KeyAction | undefined;
  digit(digit: string): void;
  /** The leg is gone: no timer fires any more. */
  close(): void;
  readonly verdict: MachineVerdict;
  /** Whether the message for a machine was spoken to its end. */
  readonly messageLeft: boolean;
  /** What the call ends as, given how the leg ended. */
  outcome(ended: Outcome): Outcome;
}

export function converse({ script, record }: CallRow, leg: CodeLeg, clock: Clock): Conversation {
  switch (script.kind) {
    case 'code':
      return new CodeRun(script, leg, clock);
    case 'connect':
    case 'flow':
      throw new Error(`a call of the kind ${script.kind} has no conversation yet`);
    default:
      return new AnswerRun(script.machine, new ScriptRun(script, record, leg, clock), record, leg, clock);
  }
}
