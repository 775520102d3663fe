import { callerNumber, shownCaller, vouchedFor } from '#core/calls/caller-number.js';
import { PromptError, preparePrompts, type CallPrompts } from '#core/calls/call-prompts.js';
import { CallRun } from '#core/calls/call-run.js';
import type { CallRow } from '#core/calls/call.js';
import type { ConductedCall } from '#core/calls/conducted-call.js';
import { endCall } from '#core/calls/end-call.js';
import { findDestination } from '#core/calls/incoming-destination.js';
import { BUSY, mayBeHelp, NO_ROUTE, UNAVAILABLE, refuseLeg } from '#core/calls/refuse-incoming.js';
import type { CallTaker, ComingCall, TakenCall } from '#core/calls/taken-call.js';
import type { Turns } from '#core/calls/turns.js';
import { writeIncoming } from '#core/calls/write-incoming.js';
import type { Core } from '#core/core.js';
import { untilWritten } from '#core/until-written.js';
import type { EngineEvent } from '#voice/engine.js';

/** A call whose row is written, and who goes on with it; undefined: a voice of ours speaks. */
interface LetIn {
  row: CallRow;
  begin?: TakenCall['begin'];
}

/**
 * One call that came in: looks for where it leads, writes it down before it rings, and hands it to whoever takes it. One
 * that a voice of ours takes has its words ready before it is answered, and then goes on as any answered call does. What
 * leads nowhere is refused and leaves no row.
 */
export class IncomingRun implements ConductedCall {
  private readonly core: Core;
  #run: ConductedCall | undefined;
  #row: CallRow | undefined;
  #ended: EngineEvent | undefined;
  #canceled: 'canceled' | 'server_stopped' | undefined;

  constructor(
    private readonly taker: CallTaker,
    private readonly coming: ComingCall,
    /** At the database: many who call at once are not to keep others from it. `asked`: of those who may need help. */
    private readonly turns: { letIn: Turns; asked: Turns },
  ) {
    this.core = coming.core;
  }

  start(onFinished: () => void): void {
    this.core.background.run('take a call that came in', async () => {
      try {
        await this.#take(onFinished);
      } catch (error) {
        await this.#giveUp();
        throw error;
      } finally {
        if (this.#run === undefined) onFinished();
      }
    });
  }

  onEvent(event: EngineEvent): void {
    if (this.#run !== undefined) return this.#run.onEvent(event);
    // What it is told before it is answered can only be that the caller has gone.
    if (event.kind === 'leg.ended') this.#ended = event;
  }

  cancel(why: 'canceled' | 'server_stopped' = 'canceled'): void {
    this.#canceled = why;
    this.#run?.cancel(why);
  }

  /** Undefined: nothing can be wrong with it yet, or whoever took it cannot end it. */
  get fail(): ConductedCall['fail'] {
    return this.#run?.fail?.bind(this.#run);
  }

  get gone(): ConductedCall['gone'] {
    return this.#run?.gone?.bind(this.#run);
  }

  get onTransfer(): ConductedCall['onTransfer'] {
    return this.#run?.onTransfer?.bind(this.#run);
  }

  async #take(onFinished: () => void): Promise<void> {
    const { mode, incoming } = this.coming;
    const letIn = mayBeHelp(this.coming) ? await this.#letInHelp() : await this.turns.letIn.take(() => this.#letIn());
    if (typeof letIn === 'number') return this.#refuse(letIn);
    if (letIn === undefined) return;
    const { row, begin } = letIn;
    this.#row = row;
    if (begin !== undefined) return this.#begin(begin(row, this.#ended !== undefined), onFinished);
    this.core.engines[mode].send({ kind: 'ring', leg: incoming.leg });
    const prompts = await this.#prompts(row);
    if (prompts !== undefined) {
      this.#begin(new CallRun(this.core, row, incoming.leg, undefined, prompts), onFinished);
    }
  }

  /** What may be a call for help is looked at before all others, and waits as they do if it is none (rule 11). */
  async #letInHelp(): Promise<LetIn | number | undefined> {
    if (this.#ended !== undefined) return undefined;
    const { refusal } = this.coming;
    if (!(await this.turns.asked.take(() => this.taker.meansHelp(this.coming)))) {
      return refusal ?? this.turns.letIn.take(() => this.#letIn());
    }
    const taken = await this.#taken();
    if (typeof taken === 'object' && taken.isHelp === true) return this.#goOn(taken);
    return refusal ?? this.turns.letIn.take(() => this.#goOn(taken));
  }

  /** Or with which status it is refused. Undefined: its caller has gone, and nothing was written. */
  async #letIn(): Promise<LetIn | number | undefined> {
    return this.#ended === undefined ? this.#goOn(await this.#taken()) : undefined;
  }

  async #goOn(taken: TakenCall | number | undefined): Promise<LetIn | number | undefined> {
    if (typeof taken === 'number') return taken;
    if (taken === undefined) return this.#letInToVoice();
    if (this.#ended !== undefined) return undefined;
    const row = await untilWritten(this.core, (tx) => taken.write(tx, this.#now()));
    return typeof row === 'number' ? row : { row, begin: (written, hasLeft) => taken.begin(written, hasLeft) };
  }

  #taken(): Promise<TakenCall | number | undefined> {
    const { origin } = this.coming.incoming;
    return origin.kind === 'phone' ? this.taker.takePhoneCall(this.coming) : this.taker.takeTrunkCall(this.coming);
  }

  async #letInToVoice(): Promise<LetIn | number | undefined> {
    const { id, mode, incoming } = this.coming;
    if (incoming.origin.kind !== 'trunk') return NO_ROUTE;
    const { trunk } = incoming.origin;
    const call = { mode, trunk, called: incoming.to, caller: callerNumber(incoming) };
    const destination = await findDestination(this.core, call);
    if (destination === undefined) {
      this.core.log.info({ origin: incoming.origin }, 'an incoming call has no route and is refused');
      return NO_ROUTE;
    }
    if (this.#ended !== undefined) return undefined;
    const { node } = this.core;
    const caller = { from: shownCaller(incoming), vouched: vouchedFor(incoming) };
    const written = { id, leg: incoming.leg, call, destination, ...caller, node };
    const row = await untilWritten(this.core, (tx) => writeIncoming(tx, written, this.#now()));
    return row === 'full' ? BUSY : { row };
  }

  /** Undefined: it cannot be spoken, and the call is over. */
  async #prompts(row: CallRow): Promise<CallPrompts | undefined> {
    try {
      return await preparePrompts(this.core, row);
    } catch (error) {
      const reason = error instanceof PromptError ? error.reason : 'engine_failed';
      const sipReason = error instanceof Error ? error.message.slice(0, 200) : undefined;
      await untilWritten(this.core, (tx) => {
        const at = this.#now();
        return endCall(tx, row.id, { status: 'failed', reason, sipReason, at }, at);
      });
      this.#refuse(NO_ROUTE);
      if (!(error instanceof PromptError)) throw error;
      return undefined;
    }
  }

  #begin(run: ConductedCall, onFinished: () => void): void {
    this.#run = run;
    run.start(onFinished);
    if (this.#canceled !== undefined) run.cancel(this.#canceled);
    if (this.#ended !== undefined) run.onEvent(this.#ended);
  }

  /** Something of ours went wrong: a call that is written down must not wait for an end that nobody writes. */
  async #giveUp(): Promise<void> {
    if (this.#run?.fail !== undefined) return void this.#run.fail();
    this.#run = undefined;
    this.#refuse(UNAVAILABLE);
    const row = this.#row;
    if (row === undefined) return;
    const end = { status: 'failed', reason: 'engine_failed', at: this.#now() } as const;
    await untilWritten(this.core, (tx) => endCall(tx, row.id, end, this.#now()));
  }

  #refuse(sipCode: number): void {
    refuseLeg(this.core, this.coming.mode, this.coming.incoming.leg, sipCode);
  }

  #now(): Date {
    return new Date(this.core.clock.now());
  }
}
