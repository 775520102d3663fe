import type { FlowConfiguration, NotTaken, RingTarget } from '#core/call-flow/index.js';
import { guarded } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import { newId } from '#core/ids.js';
import { Gather } from '#core/phone-calls/gather.js';
import type { PaceLines } from '#core/phone-calls/pace-lines.js';
import { Party } from '#core/phone-calls/party.js';
import { readOut, type PhoneWords } from '#core/phone-calls/phone-words.js';
import { shownInside, shownOutside, type CallerShown } from '#core/phone-calls/shown-caller.js';
import { seatChannel } from '#core/phone-calls/trunk-channels.js';
import { TrunkWay } from '#core/phone-calls/trunk-way.js';
import { SimulatedWay, type Way, type WayAsked } from '#core/phone-calls/way-out.js';
import type { Mode } from '#core/tables.js';
import type { AudioClip, CallerId, DialTarget, Diversion, EngineEvent, LegEnded, Redirect } from '#voice/engine.js';

/** What ringing needs of the call that somebody is rung for. */
export interface RingContext {
  core: Core;
  accountId: string;
  mode: Mode;
  configuration: FlowConfiguration;
  callId: string;
  lines: PaceLines;
  caller: CallerShown;
  /** The caller's leg, beside which others are put. */
  beside: string;
  /** Hops that are left to the call (RFC 7332); undefined: the caller did not say. */
  maxForwards: number | undefined;
  /** From now on the call hears of this leg. */
  adopt(party: Party): void;
  /** In the place of one by a channel of its own; undefined: that. */
  wayOut?: ((number: string) => Way | undefined) | undefined;
  /** Whoever is rung has been reached, or is heard before their answer. */
  onProgress?: ((party: Party, what: 'ringing' | 'early') => void) | undefined;
  /** A phone sends the call on, as the history tells it. */
  passedOn(description: string): void;
  /** Words as clips, in the account's voice. */
  say(text: string): Promise<AudioClip[]>;
  words: PhoneWords;
}

/** Whoever is asked to take the call has so long to press the key. */
const ASKED_SECONDS = 10;
const TAKE_KEY = '1';

/**
 * One target being rung: its leg, the next trunk where one fails, and the question whether they take the call, so that no
 * mailbox of theirs does. Tells once what became of it.
 */
export class RingLeg {
  #party: Party | undefined;
  #rang = false;
  #question: Gather | undefined;
  #isOver = false;
  /** How the last leg ended that reached nobody. */
  #lastCause: NotTaken | undefined;
  readonly #way: Way | undefined;
  readonly #until: number;

  constructor(
    private readonly context: RingContext,
    readonly target: RingTarget,
    /** Shown instead of the caller's number. */
    private readonly ours: string | null,
    private readonly done: (what: { taken: Party } | { cause: NotTaken; redirects?: Redirect[] | undefined }) => void,
  ) {
    const { accountId, mode, callId, lines, core } = context;
    const { number } = target.at;
    if (number !== undefined) {
      this.#way = context.wayOut?.(number) ?? wayOut(core, lines, { accountId, mode, callId, number });
    }
    this.#until = target.seconds * 1000 + core.clock.now();
  }

  /** `phone`: how the phone of the target is dialled. */
  start(phone: DialTarget | undefined): void {
    if (this.#hops() <= 0) return this.#fail('no_route');
    if (this.#way !== undefined) return this.#dialOutside(this.#way);
    if (phone === undefined) return this.#fail('no_route');
    this.#dial(newId('leg', this.context.core.clock.now()), phone, shownInside(this.context.caller, this.ours));
  }

  onEvent(event: EngineEvent, party: Party): void {
    if (party !== this.#party) return;
    this.#question?.onEvent(event, party);
    if (event.kind === 'leg.ringing' || event.kind === 'leg.early') {
      this.#rang = true;
      if (!this.#isOver) this.context.onProgress?.(party, event.kind === 'leg.early' ? 'early' : 'ringing');
    } else if (event.kind === 'leg.answered') this.#onAnswered(party);
  }

  /** `elsewhere`: somebody else has taken the call (rule 14). */
  stop(elsewhere: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#way?.stop();
    this.#question?.stop();
    // With the SIP status it makes the Reason field of rule 14.
    this.#party?.hangUp(elsewhere ? { sipCode: 200, reason: 'Call completed elsewhere' } : {});
  }

  #dialOutside(way: Way): void {
    const leg = newId('leg', this.context.core.clock.now());
    way.find(leg, this.#until, (found) => {
      if (this.#isOver) return way.ended(leg);
      // That no other trunk leads there does not say why the last one failed.
      if (typeof found === 'string') return this.#fail(found === 'no_trunk' ? (this.#lastCause ?? found) : found);
      const { from, diversion } = shownOutside(this.context.caller, this.ours, found.keepsCaller);
      this.#dial(leg, found.to, from, diversion);
    });
  }

  #dial(leg: string, to: DialTarget, from: CallerId, diversion?: Diversion): void {
    const { core, mode, beside } = this.context;
    const { at, userId, name } = this.target;
    const details = { leg, phone: at.phone, userId, number: at.number ?? at.phone, name, isCaller: false };
    this.#party = new Party(core.engines[mode], details);
    // Also when it ends long after somebody took the call.
    this.#party.listen((event) => {
      if (event.kind === 'leg.ended') this.#onEnded(event);
    });
    this.context.adopt(this.#party);
    const ringTimeoutMs = Math.max(1000, this.#until - core.clock.now());
    this.#party.send({
      kind: 'dial',
      ...{ to, from, ringTimeoutMs, beside, maxForwards: this.#hops() },
      ...(diversion === undefined ? {} : { diversion }),
    });
  }

  #onAnswered(party: Party): void {
    if (this.#isOver) return;
    if (!this.target.announce) return this.#take(party);
    const { core, caller } = this.context;
    const { words } = this.context;
    const who = caller.name ?? (caller.number === undefined ? words.hiddenCaller : readOut(caller.number));
    core.background.run('ask who answered', async () => {
      const clips = await this.context.say(words.callFrom(who, TAKE_KEY));
      if (this.#isOver || party.isEnded) return;
      const rules = { firstKeySeconds: ASKED_SECONDS, nextKeySeconds: 0, mostKeys: 1, isComplete: () => true };
      guarded(core, () => {
        this.#question = new Gather(core.clock, party, clips, rules, (keys) => {
          this.#question = undefined;
          if (keys === TAKE_KEY) return this.#take(party);
          party.hangUp();
          this.#fail(keys === '' ? 'no_answer' : 'declined');
        });
      });
    });
  }

  #take(party: Party): void {
    this.#isOver = true;
    this.done({ taken: party });
  }

  #onEnded(event: LegEnded): void {
    this.#question?.stop();
    const goesOn = this.#way?.failed(event, this.#rang) === true;
    if (this.#isOver) return;
    const hasTime = this.#until > this.context.core.clock.now();
    this.#lastCause = event.cause;
    if (goesOn && hasTime && this.#way !== undefined) return this.#dialOutside(this.#way);
    // Whoever answered, and hung up on the question.
    this.#fail(event.cause === 'hangup' || event.cause === 'rejected' ? 'declined' : event.cause, event.redirects);
  }

  #fail(cause: NotTaken, redirects?: Redirect[]): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.done({ cause, redirects });
  }

  #hops(): number {
    return (this.context.maxForwards ?? 70) - 1;
  }
}

function wayOut(core: Core, lines: PaceLines, asked: WayAsked): Way {
  return asked.mode === 'test' ? new SimulatedWay(asked.number) : new TrunkWay(core, lines, asked, seatChannel(asked));
}
