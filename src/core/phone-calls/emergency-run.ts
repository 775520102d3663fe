import type { Timer } from '#clock.js';
import {
  CallSteps,
  endCall,
  outcomeAnswered,
  writeAnswered,
  type AfterSlip,
  type CallRow,
  type ConductedCall,
  type LegBook,
  type Outcome,
} from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import { newId } from '#core/ids.js';
import { writeNextWay } from '#core/phone-calls/emergency-way.js';
import { freeChannel } from '#core/phone-calls/free-channel.js';
import { refusalFor } from '#core/phone-calls/refusal-code.js';
import type { EndCause, EngineCommand, EngineEvent, LegEnded, LegId } from '#voice/engine.js';

/** A call for help, before it is dialled. */
export interface EmergencyCall {
  /** Of the phone. */
  leg: LegId;
  /** The first leg outside, as it was written down. */
  outside: LegId;
  /** Trunks, the best first. */
  ways: readonly string[];
  legs: LegBook;
}

/** All ways are tried so often, with a pause in which a channel becomes free. */
const ROUNDS = 3;
const PAUSE_MS = 500;
const RING_MS = 180_000;

/**
 * One call for help (rule 11): tries every trunk until one takes it, asks nobody for money, and ends only when somebody
 * hangs up. It cannot be passed on, parked or held by anything but the phone.
 */
export class EmergencyRun implements ConductedCall {
  readonly #steps: CallSteps;
  #outside: LegId;
  #tries = 0;
  #state: 'calling' | 'early' | 'answered' | 'over' = 'calling';
  #phoneIsThere = true;
  #outsideIsThere = false;
  #isEnded = false;
  #keys = 0;
  #pause: Timer | undefined;
  #onFinished: () => void = () => undefined;

  constructor(
    private readonly core: Core,
    private readonly row: CallRow,
    private readonly call: EmergencyCall,
  ) {
    this.#steps = new CallSteps(core, row.id);
    this.#outside = call.outside;
  }

  start(onFinished: () => void): void {
    this.#onFinished = onFinished;
    this.#dial();
  }

  onEvent(event: EngineEvent): void {
    if (!('leg' in event)) return;
    if (event.kind === 'leg.ended') {
      if (event.leg === this.call.leg) return this.#onPhoneLeft(event);
      return event.leg === this.#outside ? this.#onOutsideLeft(event) : undefined;
    }
    if (event.kind === 'hold' || event.kind === 'dtmf') return this.#passOn(event);
    if (event.leg !== this.#outside) return;
    if (event.kind === 'leg.ringing' && this.#state === 'calling') this.#send({ kind: 'ring', leg: this.call.leg });
    else if (event.kind === 'leg.early' && this.#state === 'calling') this.#hear('early');
    else if (event.kind === 'leg.answered') this.#hear('answered');
  }

  /** The server stops, or somebody asks for it: an operator's word counts for any call. */
  cancel(why: 'canceled' | 'server_stopped' = 'canceled'): void {
    this.#pause?.cancel();
    this.#end({ status: this.#state === 'answered' ? 'completed' : 'failed', reason: why });
    this.#hangUpAll(503);
  }

  /**
   * A slip of ours hangs up on nobody who is helped, or may yet be: only who calls for help, or who helps, decides when it is
   * over (rule 11).
   */
  fail(): AfterSlip {
    if (this.#phoneIsThere && this.#outsideIsThere && !this.#isEnded) {
      this.core.log.error({ call: this.row.id }, 'a call for help goes on all the same');
      return 'goes on';
    }
    this.#pause?.cancel();
    if (this.#phoneIsThere && !this.#isEnded && this.#state !== 'answered' && this.#hasWaysLeft) {
      this.core.log.error({ call: this.row.id }, 'a call for help tries its next way');
      this.#toNextWay();
      this.#pause = this.core.clock.after(PAUSE_MS, () => this.#dial());
      return 'goes on';
    }
    this.#end({ status: this.#state === 'answered' ? 'completed' : 'failed', reason: 'engine_failed' });
    this.#hangUpAll(503);
    this.#finishWhenGone();
    return 'ends';
  }

  get #hasWaysLeft(): boolean {
    return this.#tries + 1 < this.call.ways.length * ROUNDS;
  }

  get #trunk(): string {
    return this.call.ways[this.#tries % this.call.ways.length] ?? '';
  }

  #dial(): void {
    const { to_number: number, from_number: shown } = this.row;
    const trunk = this.#trunk;
    this.core.background.run('free a channel for a call for help', async () => {
      const freed = await freeChannel(this.core, trunk);
      if (freed !== undefined)
        this.core.log.warn({ call: freed }, 'a call was hung up: its channel is needed for help');
    });
    this.call.legs.add(this.#outside, this.row.id);
    this.#outsideIsThere = true;
    try {
      this.#send({
        kind: 'dial',
        leg: this.#outside,
        to: { kind: 'trunk', trunk, number },
        from: { number: shown },
        ringTimeoutMs: RING_MS,
        beside: this.call.leg,
      });
    } catch (error) {
      this.#outsideIsThere = false;
      throw error;
    }
  }

  #hear(what: 'early' | 'answered'): void {
    const wasEarly = this.#state === 'early';
    this.#state = what;
    this.#send({ kind: what === 'early' ? 'early' : 'answer', leg: this.call.leg });
    if (!wasEarly) this.#send({ kind: 'bridge', leg: this.call.leg, with: this.#outside });
    if (what === 'early') return;
    const at = this.#now();
    this.#steps.write((tx) => writeAnswered(tx, this.row.id, at), 'call.answered');
  }

  #onPhoneLeft(event: LegEnded): void {
    this.#phoneIsThere = false;
    this.#pause?.cancel();
    if (this.#state === 'answered') this.#end(outcomeAnswered(event.cause, event.by, 'caller'), event);
    else this.#end({ status: 'canceled', reason: 'caller_hung_up' }, event);
    this.#hangUpAll();
    this.#finishWhenGone();
  }

  #onOutsideLeft(event: LegEnded): void {
    this.#outsideIsThere = false;
    this.call.legs.remove(this.#outside);
    if (this.#state === 'answered' || this.#isEnded) {
      this.#end(outcomeAnswered(event.cause, event.by), event);
      this.#hangUpAll();
    } else if (event.cause !== 'no_answer' && this.#hasWaysLeft) {
      this.#tryNext(event);
    } else {
      this.#giveUp(event.cause, event);
    }
    this.#finishWhenGone();
  }

  #toNextWay(): void {
    this.#tries += 1;
    if (this.#state === 'early') this.#state = 'calling';
    this.#outside = newId('leg', this.core.clock.now());
  }

  /** Whatever the trunk says: busy lines of those who help are busy trunks. */
  #tryNext(event: LegEnded): void {
    this.#toNextWay();
    const [leg, trunk, at] = [this.#outside, this.#trunk, this.#now()];
    this.#steps.write((tx) => writeNextWay(tx, this.row.id, { leg, trunk, event }, at));
    const isRoundOver = this.#tries % this.call.ways.length === 0;
    if (!isRoundOver) return this.#dial();
    this.#pause = this.core.clock.after(PAUSE_MS, () => this.#dial());
  }

  #giveUp(cause: EndCause, event: LegEnded): void {
    this.core.log.error({ call: this.row.id, cause }, 'a call for help reached nobody');
    const reason = cause === 'no_answer' ? 'ring_timeout' : cause === 'busy' ? 'busy' : 'carrier_error';
    this.#end({ status: cause === 'no_answer' ? 'no_answer' : cause === 'busy' ? 'busy' : 'failed', reason }, event);
    this.#hangUpAll(refusalFor(cause));
  }

  #hangUpAll(sipCode?: number): void {
    if (this.#phoneIsThere) {
      this.#send({ kind: 'hangup', leg: this.call.leg, ...(sipCode === undefined ? {} : { sipCode }) });
    }
    if (this.#outsideIsThere) this.#send({ kind: 'hangup', leg: this.#outside });
  }

  #passOn(event: Extract<EngineEvent, { kind: 'hold' | 'dtmf' }>): void {
    if (this.#state !== 'answered') return;
    const other = event.leg === this.call.leg ? this.#outside : this.call.leg;
    // Who holds a call for help is not to be heard as silence outside: only keys are passed on.
    if (event.kind === 'dtmf' && event.via !== 'inband') {
      this.#send({ kind: 'sendDtmf', leg: other, job: `key-${(this.#keys += 1)}`, digits: event.digit });
    }
  }

  #end(outcome: Outcome, event?: LegEnded): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#state = this.#state === 'answered' ? 'answered' : 'over';
    const at = this.#now();
    this.#steps.write(async (tx) => {
      const { cause, sipCode, sipReason, rtp } = event ?? {};
      await endCall(tx, this.row.id, { ...outcome, at, cause, sipCode, sipReason, rtp }, this.#now());
    }, 'call.ended');
  }

  #finishWhenGone(): void {
    if (!this.#isEnded || this.#phoneIsThere || this.#outsideIsThere) return;
    const onFinished = this.#onFinished;
    this.#onFinished = () => undefined;
    this.#steps.finish(onFinished);
  }

  #send(command: EngineCommand): void {
    this.core.engines.live.send(command);
  }

  #now(): Date {
    return new Date(this.core.clock.now());
  }
}
