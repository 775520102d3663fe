import type { FlowConfiguration } from '#core/call-flow/flow-configuration.js';
import type { Destination } from '#core/call-flow/flow-objects.js';
import type { FlowCall, FlowEvent, FlowInput, FlowMemory, FlowStep, HangupReason } from '#core/call-flow/flow-step.js';
import type { FlowWords } from '#core/call-flow/flow-words.js';

/** What comes next: a step to be done, or a place to go on at. Nowhere to go on is the end, for that reason. */
export type Move = { step: FlowStep } | { go: Destination | null; otherwise: HangupReason };

/** A part of a call's way that does something, and is told what came of it. */
export interface Stage {
  begin(at: Date): Move;
  next(input: FlowInput, at: Date): Move;
}

/** What every stage sees of its call. */
export interface FlowContext {
  configuration: FlowConfiguration;
  call: FlowCall;
  memory: FlowMemory;
  words: FlowWords;
  note(event: FlowEvent): void;
}

/** An input that does not answer the step is a defect of whoever conducts the call. */
export function unexpected(input: FlowInput, step: string): Error {
  return new Error(`a call that is to ${step} was told "${input.kind}"`);
}
