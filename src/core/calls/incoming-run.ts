import { callerNumber, shownCaller } from '#core/calls/caller-number.js';
import { PromptError, preparePrompts, type CallPrompts } from '#core/calls/call-prompts.js';
import { CallRun } from '#core/calls/call-run.js';
import type { CallRow } from '#core/calls/call.js';
import type { ConductedCall } from '#core/calls/conducted-call.js';
import { endCall } from '#core/calls/end-call.js';
import { findDestination, type IncomingCall } from '#core/calls/incoming-destination.js';
import { BUSY, NO_ROUTE, UNAVAILABLE, refuseLeg } from '#core/calls/refuse-incoming.js';
import type { Turns } from '#core/calls/turns.js';
import { writeIncoming } from '#core/calls/write-incoming.js';
import type { Core } from '#core/core.js';
import { untilWritten } from '#core/until-written.js';
import type { Mode } from '#core/tables.js';
import type { EngineEvent } from '#voice/engine.js';

/** A call from a trunk, as the engine tells of it. */
export interface TrunkLeg {
  mode: Mode;
  trunk: string;
  incoming: Extract<EngineEvent, { kind: 'leg.incoming' }>;
}

/**
 * One call that came in: looks for where it leads, writes it down before it rings, has its words ready before it is answered,
 * and then goes on as any answered call does. What leads nowhere is refused and leaves no row.
 */
export class IncomingRun implements ConductedCall {
  #run: CallRun | undefined;
  #ended: EngineEvent | undefined;
  #canceled: 'canceled' | 'server_stopped' | undefined;

  constructor(
    private readonly core: Core,
    readonly id: string,
    private readonly from: TrunkLeg,
    /** At the database: many who call at once are not to keep others from it. */
    private readonly turns: Turns,
  ) {}

  start(onFinished: () => void): void {
    this.core.background.run('take a call that came in', async () => {
      try {
        await this.#take(onFinished);
      } catch (error) {
        this.#refuse(UNAVAILABLE);
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

  async #take(onFinished: () => void): Promise<void> {
    const { mode, incoming } = this.from;
    const row = await this.turns.take(() => this.#letIn());
    if (typeof row === 'number') return this.#refuse(row);
    if (row === undefined) return;
    this.core.engines[mode].send({ kind: 'ring', leg: incoming.leg });
    const prompts = await this.#prompts(row);
    if (prompts !== undefined) this.#answer(row, prompts, onFinished);
  }

  /** The call's row, or with which status it is refused. Undefined: its caller has gone, and nothing was written. */
  async #letIn(): Promise<CallRow | number | undefined> {
    if (this.#ended !== undefined) return undefined;
    const { mode, trunk, incoming } = this.from;
    const call: IncomingCall = { mode, trunk, called: incoming.to, caller: callerNumber(incoming) };
    const destination = await findDestination(this.core, call);
    if (destination === undefined) {
      this.core.log.info({ origin: incoming.origin }, 'an incoming call has no route and is refused');
      return NO_ROUTE;
    }
    if (this.#ended !== undefined) return undefined;
    const { node } = this.core;
    const written = { id: this.id, leg: incoming.leg, call, destination, from: shownCaller(incoming), node };
    const row = await untilWritten(this.core, (tx) => writeIncoming(tx, written, this.#now()));
    return row === 'full' ? BUSY : row;
  }

  /** Undefined: it cannot be spoken, and the call is over. */
  async #prompts(row: CallRow): Promise<CallPrompts | undefined> {
    try {
      return await preparePrompts(this.core, row);
    } catch (error) {
      const reason = error instanceof PromptError ? error.reason : 'engine_failed';
      const sipReason = error instanceof Error ? error.message.slice(0, 200) : undefined;
      await untilWritten(this.core, (tx) =>
        endCall(tx, row.id, { status: 'failed', reason, sipReason, at: this.#now() }),
      );
      this.#refuse(NO_ROUTE);
      if (!(error instanceof PromptError)) throw error;
      return undefined;
    }
  }

  #answer(row: CallRow, prompts: CallPrompts, onFinished: () => void): void {
    const run = new CallRun(this.core, row, this.from.incoming.leg, undefined, prompts);
    this.#run = run;
    run.start(onFinished);
    if (this.#canceled !== undefined) run.cancel(this.#canceled);
    if (this.#ended !== undefined) run.onEvent(this.#ended);
  }

  #refuse(sipCode: number): void {
    refuseLeg(this.core, this.from.mode, this.from.incoming.leg, sipCode);
  }

  #now(): Date {
    return new Date(this.core.clock.now());
  }
}
