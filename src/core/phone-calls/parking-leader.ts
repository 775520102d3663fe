import type { FlowEvent, FlowInput, FlowStep } from '#core/call-flow/index.js';
import type { FlowLeader } from '#core/phone-calls/flow-parts.js';
import { readOut, type PhoneWords } from '#core/phone-calls/phone-words.js';

/** So long a phone may take to transfer a call to the place that it was told. */
const TRANSFER_SECONDS = 60;

/** Says which place is free, and waits for the call that is to be parked there. */
export class ParkingLeader implements FlowLeader {
  readonly events: FlowEvent[] = [];
  #place: number | undefined;

  constructor(
    private readonly words: PhoneWords,
    private readonly reserve: () => number | undefined,
  ) {}

  begin(): FlowStep {
    this.#place = this.reserve();
    const place = this.#place;
    const text = place === undefined ? this.words.noPlaceFree : this.words.placeFree(readOut(String(place)));
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
