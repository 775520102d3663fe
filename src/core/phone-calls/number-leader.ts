import {
  causeInWords,
  type Destination,
  type FlowEvent,
  type FlowInput,
  type FlowStep,
  type RingTarget,
} from '#core/call-flow/index.js';
import type { FlowLeader, LeaderStep } from '#core/phone-calls/flow-parts.js';

/** A number outside that is to be rung. */
export interface NumberRung {
  /** E.164. */
  number: string;
  /** The number of ours that it is shown; null: the caller's. */
  shown: string | null;
  type: Extract<FlowEvent['type'], 'outbound' | 'call_transfer'>;
  /** As the history tells it: `Anna (101) calls +12125550100`. */
  description: string;
}

/** Carriers give up sooner. */
const RING_SECONDS = 120;

/** Leads a call to one number outside, and from there, if somebody passes it on, by the account's configuration. */
export class NumberLeader implements FlowLeader {
  readonly #told: FlowEvent[] = [];
  #flow: FlowLeader | undefined;

  constructor(
    private readonly rung: NumberRung,
    private readonly flow: () => FlowLeader,
  ) {}

  begin(at: Date): FlowStep {
    const { number, shown, type, description } = this.rung;
    this.#told.push({ at, type, id: null, description });
    const target: RingTarget = {
      at: { number },
      deviceId: undefined,
      userId: undefined,
      name: number,
      seconds: RING_SECONDS,
      announce: false,
    };
    return { kind: 'ring', targets: [target], music: null, callerId: shown };
  }

  next(input: FlowInput, at: Date): LeaderStep {
    if (this.#flow !== undefined) return this.#flow.next(input, at);
    if (input.kind !== 'answered') {
      const [one] = input.kind === 'unanswered' ? input.causes : [];
      const description = `${this.rung.number}: ${causeInWords(one?.cause)}`;
      this.#told.push({ at, type: this.rung.type, id: null, description });
      return { kind: 'hangup', reason: 'unanswered' };
    }
    this.#told.push({ at, type: 'answered', id: null, description: `${input.target.name} answers` });
    return { kind: 'talk', target: input.target };
  }

  jump(destination: Destination, at: Date): LeaderStep {
    this.#flow ??= this.flow();
    return this.#flow.jump(destination, at);
  }

  get events(): readonly FlowEvent[] {
    return this.#flow === undefined ? this.#told : [...this.#told, ...this.#flow.events];
  }
}
