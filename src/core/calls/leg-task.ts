import type { EngineEvent } from '#voice/engine.js';

/** A piece of a call that has one answered leg to itself for a while: a mailbox, a question with keys. */
export interface LegTask {
  /** `onDone` is called once, unless it was stopped or the leg ended: then nothing more is asked of the leg. */
  start(onDone: () => void): void;
  /** Of that leg alone. */
  onEvent(event: EngineEvent): void;
  /** The leg is needed elsewhere; what was taken in so far is kept. */
  stop(): void;
}
