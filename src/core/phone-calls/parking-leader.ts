import type { FlowEvent, FlowInput, FlowStep } from '#core/call-flow/index.js';
import type { FlowLeader } from '#core/phone-calls/flow-parts.js';
import { spoken } from '#core/phone-calls/obey-code.js';

/** So long a phone may take to transfer a call to the place that it was told. */
const TRANSFER_SECONDS = 60;

/** Says which place is free, and waits for the call that is to be parked there. */
export class ParkingLeader implements FlowLeader {
  readonly events: FlowEvent[] = [];
  #place: number | undefined;

  constructor(private readonly reserve: () => number | undefined) {}

  begin(): FlowStep {
    this.#place = this.reserve();
    const place = this.#place;
    const text =
      place === undefined ? 'There is no free place.' : `Place ${spoken(String(place))}. Transfer the call now.`;
    return { kind: 'play', prompts: [{ text }] };
  }

  next(input: FlowInput): FlowStep {
    if (input.kind === 'played' && this.#place !== undefined) {
      return { kind: 'hold', seconds: TRANSFER_SECONDS, music: null };
    }
    return { kind: 'hangup', reason: 'hangup' };
  }

  jump(): FlowStep {
    return { kind: 'hangup', reason: 'incomplete' };
  }
}
