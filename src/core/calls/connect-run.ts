import type { Timer } from '#clock.js';
import type { CallPrompts, ConnectPrompt } from '#core/calls/call-prompts.js';
import type { CallReason, Outcome } from '#core/calls/call-reason.js';
import { CallSteps } from '#core/calls/call-steps.js';
import { writeAnswered, writeRinging } from '#core/calls/call-writer.js';
import type { CallRow } from '#core/calls/call.js';
import type { ConductedCall, NotDialled } from '#core/calls/conducted-call.js';
import { outcomeGivenUp, outcomeInside, outcomeOutside, reasonOfLeaving } from '#core/calls/connect-outcome.js';
import { writePickedUp } from '#core/calls/connect-writer.js';
import { endCall } from '#core/calls/end-call.js';
import { FundsWatch } from '#core/calls/funds-watch.js';
import { restTrunk } from '#core/calls/next-try.js';
import { RINGBACK } from '#core/calls/ringback.js';
import { warningTone } from '#core/calls/warning-tone.js';
import type { Core } from '#core/core.js';
import type { DialTarget, EndCause, EngineCommand, EngineEvent, LegEnded, LegId } from '#voice/engine.js';

/** The legs of a connected call, before they exist. */
export interface ConnectLegs {
  /** Of ours. `name`: of the phone, as people know it. */
  phones: { leg: LegId; name: string; to: DialTarget }[];
  outside: { leg: LegId; to: DialTarget; description: string };
}

const RINGBACK_JOB = 'ringback';
const WARNING_JOB = 'warning';
const SENTENCE_JOB = 'sentence';
/** With the SIP status it makes the Reason header of rule 14. */
const ELSEWHERE = { sipCode: 200, reason: 'Call completed elsewhere' };

/**
 * One connected call: all phones of ours ring at once; for the first that is picked up the far end is called, and then
 * both speak. Its terminal state is that of the leg outside, or, where there never was one, that of our phones.
 */
export class ConnectRun implements ConductedCall {
  readonly #steps: CallSteps;
  /** Legs that have been dialled and have not ended. */
  readonly #alive = new Set<LegId>();
  readonly #causes: EndCause[] = [];
  /** The leg of ours that was picked up first. */
  #ours: LegId | undefined;
  #outside: 'not dialled' | 'dialling' | 'early' | 'answered' | 'over' = 'not dialled';
  /** What made us hang up before the far end did. */
  #why: CallReason | undefined;
  #isEnded = false;
  #hearsRingback = false;
  #keys = 0;
  #overrun: Timer | undefined;
  readonly #funds: FundsWatch;
  #onFinished: () => void = () => undefined;

  constructor(
    private readonly core: Core,
    private readonly row: CallRow,
    private readonly legs: ConnectLegs,
    private readonly prompts: CallPrompts,
  ) {
    this.#steps = new CallSteps(core, row.id);
    this.#funds = new FundsWatch(core, row, {
      warn: () => this.#warn(),
      end: () => this.#hangUp('insufficient_funds'),
    });
  }

  start(onFinished: () => void): void {
    this.#onFinished = onFinished;
    for (const { leg, to } of this.legs.phones) this.#dial(leg, to, this.row.to_number);
    this.core.killPoint('call.dialed');
  }

  onEvent(event: EngineEvent): void {
    if (!('leg' in event)) return;
    const isOutside = event.leg === this.legs.outside.leg;
    switch (event.kind) {
      case 'leg.ringing':
      case 'leg.early':
        return isOutside ? this.#onFarEndRings(event.kind) : undefined;
      case 'leg.answered':
        return isOutside ? this.#onFarEndAnswered() : this.#onPickedUp(event.leg);
      case 'leg.ended':
        this.#alive.delete(event.leg);
        if (isOutside) this.#onFarEndLeft(event);
        else this.#onPhoneLeft(event);
        return this.#finishWhenGone();
      case 'hold':
        return this.#toTheOther(event.leg, (leg) => ({ kind: 'hold', leg, on: event.on }));
      case 'dtmf':
        // Tones in the sound are heard at the other end as they are.
        if (event.via === 'inband') return;
        return this.#toTheOther(event.leg, (leg) => this.#press(leg, event.digit));
      case 'job.done':
        return event.job === SENTENCE_JOB ? this.#send({ kind: 'hangup', leg: event.leg }) : undefined;
      default:
        return;
    }
  }

  cancel(why: 'canceled' | 'server_stopped' = 'canceled'): void {
    this.#hangUp(why);
  }

  #onPickedUp(leg: LegId): void {
    if (this.#ours !== undefined || this.#why !== undefined) {
      return this.#send({ kind: 'hangup', leg, ...ELSEWHERE });
    }
    this.#ours = leg;
    for (const other of this.#alive) if (other !== leg) this.#send({ kind: 'hangup', leg: other, ...ELSEWHERE });
    const phone = this.legs.phones.find((each) => each.leg === leg)?.name ?? '';
    const { leg: outside, description: target } = this.legs.outside;
    const at = this.#now();
    this.#steps.write(
      (tx) => writePickedUp(tx, this.core.secrets, this.row, { phone, leg: outside, target }, at),
      'call.picked_up',
      (written) => this.#callOutside(written),
    );
  }

  /** The attempt is in the database, unless something speaks against it. */
  #callOutside(written: CallRow | NotDialled | undefined): void {
    if (written === undefined || written === 'ended') this.#hangUp('engine_failed');
    if (written === 'canceled') this.#hangUp('canceled');
    if (this.#why !== undefined) return this.#end(outcomeGivenUp(this.#why));
    if (written === 'withdrawn') throw new Error('a call that connects two people belongs to no campaign');
    if (written === 'suppressed' || written === 'not_verified' || written === 'insufficient_funds') {
      this.#end({ status: 'failed', reason: written });
      return this.#say('failed');
    }
    this.#outside = 'dialling';
    this.#dial(this.legs.outside.leg, this.legs.outside.to, this.row.from_number, this.#ours);
  }

  #onFarEndRings(kind: 'leg.ringing' | 'leg.early'): void {
    const at = this.#now();
    this.#steps.write((tx) => writeRinging(tx, this.row.id, at), 'call.ringing');
    if (this.#ours === undefined || this.#outside !== 'dialling') return;
    if (kind === 'leg.early') {
      this.#outside = 'early';
      this.#bridge(this.#ours);
    } else if (!this.#hearsRingback) {
      this.#hearsRingback = true;
      this.#send({ kind: 'play', leg: this.#ours, job: RINGBACK_JOB, clips: [RINGBACK], loop: true });
    }
  }

  #onFarEndAnswered(): void {
    this.#outside = 'answered';
    this.#overrun = this.core.clock.after(this.row.max_duration_seconds * 1000, () => this.#hangUp('max_duration'));
    if (this.#ours !== undefined) this.#bridge(this.#ours);
    this.#funds.start();
    const at = this.#now();
    this.#steps.write((tx) => writeAnswered(tx, this.row.id, at), 'call.answered');
  }

  #onFarEndLeft(event: LegEnded): void {
    const isAnswered = this.#outside === 'answered';
    this.#outside = 'over';
    this.#overrun?.cancel();
    this.#funds.close();
    const outcome = outcomeOutside(event, isAnswered, this.#why);
    this.#end(outcome, event);
    if (isAnswered || this.#why !== undefined) this.#hangUpOurs();
    else if (outcome.status === 'busy' || outcome.status === 'no_answer') this.#say(outcome.status);
    else this.#say('failed');
  }

  #onPhoneLeft(event: LegEnded): void {
    this.#causes.push(event.cause);
    if (this.#ours === undefined) {
      if (this.#alive.size > 0) return;
      return this.#end(this.#why === undefined ? outcomeInside(this.#causes) : outcomeGivenUp(this.#why), event);
    }
    if (event.leg === this.#ours) this.#hangUp(reasonOfLeaving(event));
  }

  /** The first reason counts. */
  #hangUp(why: CallReason): void {
    this.#why ??= why;
    for (const leg of this.#alive) this.#send({ kind: 'hangup', leg });
  }

  #hangUpOurs(): void {
    if (this.#ours !== undefined) this.#send({ kind: 'hangup', leg: this.#ours });
  }

  #bridge(ours: LegId): void {
    this.#send({ kind: 'stop', leg: ours });
    this.#send({ kind: 'bridge', leg: ours, with: this.legs.outside.leg });
  }

  /** Tells whoever of ours waits why nobody speaks with them, and hangs up. */
  #say(prompt: ConnectPrompt): void {
    const clips = this.prompts.get(prompt);
    if (clips === undefined || this.#ours === undefined) return this.#hangUpOurs();
    this.#send({ kind: 'stop', leg: this.#ours });
    this.#send({ kind: 'play', leg: this.#ours, job: SENTENCE_JOB, clips });
  }

  /** Who pays hears that the call is about to end; whoever was called does not. */
  #warn(): void {
    if (this.#ours !== undefined)
      this.#send({ kind: 'play', leg: this.#ours, job: WARNING_JOB, clips: [warningTone()] });
  }

  #toTheOther(leg: LegId, command: (other: LegId) => EngineCommand): void {
    if (this.#ours === undefined || this.#outside !== 'answered') return;
    const { leg: outside } = this.legs.outside;
    if (leg === this.#ours) this.#send(command(outside));
    else if (leg === outside) this.#send(command(this.#ours));
  }

  #press(leg: LegId, digits: string): EngineCommand {
    return { kind: 'sendDtmf', leg, job: `key-${(this.#keys += 1)}`, digits };
  }

  #end(outcome: Outcome, event?: LegEnded): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const at = this.#now();
    this.#steps.write(async (tx) => {
      if (event?.cause === 'congestion' && this.row.trunk_id !== null) {
        await restTrunk(tx, this.row.trunk_id, event, at);
      }
      const { cause, sipCode, sipReason, rtp } = event ?? {};
      await endCall(tx, this.row.id, { ...outcome, at, cause, sipCode, sipReason, rtp }, this.#now());
      this.core.killPoint('call.ending');
    }, 'call.ended');
    this.#finishWhenGone();
  }

  #finishWhenGone(): void {
    if (!this.#isEnded || this.#alive.size > 0) return;
    const onFinished = this.#onFinished;
    this.#onFinished = () => undefined;
    this.#steps.finish(onFinished);
  }

  #dial(leg: LegId, to: DialTarget, from: string, beside?: LegId): void {
    this.#alive.add(leg);
    this.#send({
      kind: 'dial',
      leg,
      to,
      from: { number: from },
      ringTimeoutMs: this.row.ring_timeout_seconds * 1000,
      ...(beside === undefined ? {} : { beside }),
    });
  }

  #send(command: EngineCommand): void {
    this.core.engines[this.row.mode].send(command);
  }

  #now(): Date {
    return new Date(this.core.clock.now());
  }
}
