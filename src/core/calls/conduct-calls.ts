import { PromptError, preparePrompts, type CallPrompts } from '#core/calls/call-prompts.js';
import type { ConductedCall, LegBook } from '#core/calls/conducted-call.js';
import { planCall } from '#core/calls/plan-call.js';
import { untilWritten } from '#core/until-written.js';
import { claimCalls, type ClaimedCall, type Route } from '#core/calls/claim-calls.js';
import { endCall, type CallEnd } from '#core/calls/end-call.js';
import type { Core } from '#core/core.js';
import { guardedCore } from '#core/calls/guarded-core.js';
import { newId } from '#core/ids.js';
import { IncomingRun } from '#core/calls/incoming-run.js';
import { mayBeHelp, MOST_ASKED, MOST_LET_IN, refusalOf, refuseLeg } from '#core/calls/refuse-incoming.js';
import type { CallTaker } from '#core/calls/taken-call.js';
import { Turns } from '#core/calls/turns.js';
import { refuseTransfer } from '#core/calls/refuse-transfer.js';
import type { Mode } from '#core/tables.js';
import { WakeableLoop } from '#jobs/wakeable-loop.js';
import type { DialTarget, EngineEvent } from '#voice/engine.js';

/** Turns queued calls into conversations: claims what is due, prepares its sound, dials, and conducts it to its end. */
export class CallConductor {
  readonly #runs = new Map<string, ConductedCall>();
  readonly #callOfLeg = new Map<string, string>();
  /** Calls that are begun and not finished; of those, the ones that came in, and the ones that went wrong once. */
  readonly #active = new Set<string>();
  readonly #incoming = new Set<string>();
  readonly #failed = new Set<string>();
  readonly #turns = { letIn: new Turns(MOST_LET_IN), asked: new Turns(MOST_ASKED) };
  readonly #loop: WakeableLoop;
  readonly #unsubscribe: (() => void)[] = [];
  #draining = false;
  /** Draining took too long: whatever is still begun ends at once. */
  #hangingUp = false;
  #claiming = false;
  #onQuiet: () => void = () => undefined;

  /** Of the calls that take it from somebody else, or dial while they last. */
  readonly #legs: LegBook = {
    add: (leg, callId) => void this.#callOfLeg.set(leg, callId),
    remove: (leg) => void this.#callOfLeg.delete(leg),
  };

  constructor(
    private readonly core: Core,
    private readonly taker: CallTaker,
  ) {
    this.#loop = new WakeableLoop('claim calls', core, () => this.#claim());
  }

  start(): void {
    for (const mode of ['live', 'test'] as Mode[]) {
      this.#unsubscribe.push(
        this.core.engines[mode].on((event) => {
          if (event.kind === 'leg.incoming') this.#onIncoming(mode, event);
          else if (event.kind === 'transfer.request') this.#onTransfer(mode, event);
          else this.#onEvent(mode, event);
        }),
      );
    }
    this.#loop.wake();
  }

  wake = (): void => this.#loop.wake();

  /** Hangs up a call if this process conducts it. */
  hangUp(callId: string): void {
    this.#runs.get(callId)?.cancel();
  }

  get active(): number {
    return this.#active.size;
  }

  /** Claims nothing more, waits for the calls in progress, then hangs up what is left after `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true;
    this.#loop.stop();
    if (this.#active.size > 0 || this.#claiming) {
      const quiet = new Promise<void>((resolve) => (this.#onQuiet = resolve));
      const timer = this.core.clock.after(graceMs, () => {
        this.#hangingUp = true;
        for (const run of this.#runs.values()) run.cancel('server_stopped');
      });
      await quiet;
      timer.cancel();
    }
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }

  async #claim(): Promise<number> {
    if (this.#draining) return 1000;
    this.#claiming = true;
    try {
      const { claimed, waitMs } = await claimCalls(this.core);
      for (const call of claimed) {
        this.#active.add(call.row.id);
        this.core.background.run('conduct call', () => this.#conduct(call));
      }
      return waitMs;
    } finally {
      this.#claiming = false;
      if (this.#active.size === 0) this.#onQuiet();
    }
  }

  /** Counts as background work until the call is dialled; from then on it waits for the phone. */
  async #conduct(call: ClaimedCall): Promise<void> {
    this.core.killPoint('call.claimed');
    let dialed = false;
    try {
      dialed = await this.#dial(call);
    } catch (error) {
      // A defect of ours must not leave a call that waits for ever under a lease.
      await this.#endUndialled(call.row.id, { status: 'failed', reason: 'engine_failed' });
      throw error;
    } finally {
      if (!dialed) this.#finished(call.row.id);
    }
  }

  #finished(callId: string, legs: readonly string[] = []): void {
    if (!this.#active.delete(callId)) return;
    this.#incoming.delete(callId);
    this.#failed.delete(callId);
    this.#runs.delete(callId);
    for (const leg of legs) this.#callOfLeg.delete(leg);
    this.#loop.wake();
    if (this.#active.size === 0 && !this.#claiming) this.#onQuiet();
  }

  /** False: the call ended without being dialled, or waits to be claimed again. */
  async #dial({ row, route }: ClaimedCall): Promise<boolean> {
    const target = targetOf(route, row.dialed_number ?? row.to_number);
    if (typeof target === 'string') return this.#endUndialled(row.id, { status: 'failed', reason: target });
    let prompts: CallPrompts;
    try {
      prompts = await preparePrompts(this.core, row);
    } catch (error) {
      if (!(error instanceof PromptError)) throw error;
      return this.#endUndialled(row.id, {
        status: 'failed',
        reason: error.reason,
        sipReason: error.message.slice(0, 200),
      });
    }
    if (this.#draining) return this.#giveBack(row.id);
    const plan = await planCall(this.#coreOf(row.mode, row.id), row, target, prompts);
    const at = new Date(this.core.clock.now());
    const dialing = await untilWritten(this.core, (tx) => plan.write(tx, at));
    if (dialing === 'ended' || dialing === 'withdrawn') return false;
    if (dialing === 'canceled') return this.#endUndialled(row.id, { status: 'canceled', reason: 'canceled' });
    if (dialing === 'not_verified') return this.#endUndialled(row.id, { status: 'failed', reason: dialing });
    if (dialing === 'insufficient_funds') return this.#endUndialled(row.id, { status: 'failed', reason: dialing });
    if (dialing === 'suppressed') return this.#endUndialled(row.id, { status: 'failed', reason: 'suppressed' });
    this.core.killPoint('call.dialing');
    const run = plan.begin(dialing);
    this.#runs.set(row.id, run);
    for (const leg of plan.legs) this.#callOfLeg.set(leg, row.id);
    run.start(() => this.#finished(row.id, plan.legs));
    if (this.#hangingUp) run.cancel('server_stopped');
    return true;
  }

  /** Claimed, but the server stops: whoever claims it next dials it. */
  async #giveBack(callId: string): Promise<false> {
    await untilWritten(this.core, async (tx) => {
      await tx
        .updateTable('calls')
        .set({ node_id: null })
        .where('id', '=', callId)
        .where('node_id', '=', this.core.node)
        .where('status', '=', 'queued')
        .execute();
    });
    return false;
  }

  async #endUndialled(callId: string, end: Omit<CallEnd, 'at'>): Promise<false> {
    const at = new Date(this.core.clock.now());
    await untilWritten(this.core, (tx) => endCall(tx, callId, { ...end, at }, new Date(this.core.clock.now())));
    this.core.wake.deliveries();
    this.core.firstAnswers.tell(callId, 'ended');
    return false;
  }

  /** The doctor answers its own loopback call. */
  #onIncoming(mode: Mode, incoming: Extract<EngineEvent, { kind: 'leg.incoming' }>): void {
    const { leg, origin } = incoming;
    if (origin.kind === 'loopback') return;
    const refusal = refusalOf({ incoming: this.#incoming.size, draining: this.#draining });
    // Who calls for help is let in past every limit, until the server hangs up on everybody (rule 11).
    if (refusal !== undefined && (this.#hangingUp || !mayBeHelp({ incoming }))) {
      this.core.log.info({ origin, refusal }, 'an incoming call is refused');
      return refuseLeg(this.core, mode, leg, refusal);
    }
    const id = newId('cal', this.core.clock.now());
    const coming = { id, core: this.#coreOf(mode, id), mode, incoming, legs: this.#legs, refusal };
    const run = new IncomingRun(this.taker, coming, this.#turns);
    this.#runs.set(id, run);
    this.#callOfLeg.set(leg, id);
    this.#active.add(id);
    this.#incoming.add(id);
    run.start(() => {
      // It may be another call's by now.
      this.#finished(id, this.#callOfLeg.get(leg) === id ? [leg] : []);
    });
  }

  #onTransfer(mode: Mode, event: Extract<EngineEvent, { kind: 'transfer.request' }>): void {
    const callId = this.#callOfLeg.get(event.leg) ?? '';
    const run = this.#runs.get(callId);
    if (run?.onTransfer === undefined) refuseTransfer(this.core, mode, event);
    else this.#safely(mode, callId, () => run.onTransfer?.(event));
  }

  #onEvent(mode: Mode, event: EngineEvent): void {
    if (!('leg' in event)) return;
    const callId = this.#callOfLeg.get(event.leg);
    const run = callId === undefined ? undefined : this.#runs.get(callId);
    if (callId !== undefined && run !== undefined) this.#safely(mode, callId, () => run.onEvent(event));
  }

  /** The core as one call has it. */
  #coreOf(mode: Mode, callId: string): Core {
    return guardedCore(this.core, (error) => this.#wentWrong(mode, callId, error));
  }

  #safely(mode: Mode, callId: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#wentWrong(mode, callId, error);
    }
  }

  /** A defect of ours costs the call in which it shows, and no other. */
  #wentWrong(mode: Mode, callId: string, error: unknown): void {
    this.core.log.error({ call: callId, error: said(error) }, 'something went wrong in a call');
    const run = this.#runs.get(callId);
    // What it left behind when it ended.
    if (run === undefined) return;
    try {
      if (run.fail !== undefined && !this.#failed.has(callId)) {
        this.#failed.add(callId);
        if (run.fail() === 'goes on') this.#failed.delete(callId);
        return;
      }
    } catch (again) {
      this.core.log.error({ call: callId, error: said(again) }, 'a call that went wrong could not end by itself');
    }
    this.#endInItsPlace(mode, callId, run);
  }

  /** Whatever comes of the call later is not listened to. */
  #endInItsPlace(mode: Mode, callId: string, run: ConductedCall): void {
    this.#runs.delete(callId);
    const legs = [...this.#callOfLeg].flatMap(([leg, id]) => (id === callId ? [leg] : []));
    const hangUps = legs.map((leg) => () => this.core.engines[mode].send({ kind: 'hangup', leg }));
    for (const act of [...hangUps, () => run.gone?.()]) {
      try {
        act();
      } catch (error) {
        this.core.log.error({ call: callId, error: said(error) }, 'a call that went wrong is ended all the same');
      }
    }
    this.core.background.run('end a call that went wrong', async () => {
      await this.#endUndialled(callId, { status: 'failed', reason: 'engine_failed' });
      this.#finished(callId, legs);
    });
  }
}

function said(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function targetOf(route: Route, number: string): DialTarget | 'no_trunk' | 'number_without_phone' {
  switch (route.kind) {
    case 'none':
      return route.reason;
    case 'simulated':
      return { kind: 'trunk', trunk: 'simulated', number };
    case 'trunk':
      return { kind: 'trunk', trunk: route.trunk, number };
    case 'phone':
      return { kind: 'phone', phone: route.phone, number };
  }
}
