import type { Party } from '#core/phone-calls/party.js';
import type { EngineEvent } from '#voice/engine.js';

/** What a call is busy with. It hears of all the call's legs, each after its party has; it tells once that it is done. */
export interface Activity {
  onEvent(event: EngineEvent, party: Party): void;
  /** The call goes on with something else, or is over: nothing more is asked of its legs. */
  stop(): void;
}
