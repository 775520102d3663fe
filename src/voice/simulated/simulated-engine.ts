import type { Clock } from '#clock.js';
import type { Engine, EngineCommand, EngineEvent, EngineEventBody } from '#voice/engine.js';
import { outcomeOf, type CallsBack, type SimulatedOutcome } from '#voice/simulated/outcomes.js';
import { SimulatedLeg } from '#voice/simulated/simulated-leg.js';

/** The trunk that is always there; every number is behind it. */
export const SIMULATED_TRUNK = 'simulated';

/** How long after a call they did not take somebody calls back, milliseconds. */
const CALL_BACK_MS = 10_000;

/** The network behind test keys: no socket, no packet, everything on the clock; outcomes by number (`outcomes.ts`). */
export class SimulatedEngine implements Engine {
  readonly #legs = new Map<string, SimulatedLeg>();
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  readonly #commands: EngineCommand[] = [];
  /** Whatever trunk is configured leads into the simulated network, as does its own, which always exists. */
  #trunks = new Set([SIMULATED_TRUNK]);
  #seq = 0;
  #callers = 0;
  #closed = false;

  constructor(private readonly clock: Clock) {}

  on(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Nothing happens inside `send`, as with an engine in another thread. */
  send(command: EngineCommand): void {
    if (this.#commands.push(command) === 1) this.clock.after(0, () => this.#handleAll());
  }

  #handleAll(): void {
    for (const command of this.#commands.splice(0)) this.#handle(command);
  }

  #handle(command: EngineCommand): void {
    switch (command.kind) {
      case 'dial':
        return this.#dial(command);
      case 'hangup':
        return this.#legs.get(command.leg)?.hangup(command.sipCode);
      case 'answer':
        return this.#legs.get(command.leg)?.answer();
      case 'play': {
        const samples = command.clips.reduce((sum, clip) => sum + clip.pcm.length, 0);
        const { job, bargeIn = false, loop = false } = command;
        return this.#onLeg(command, (leg) => leg.play(job, samples, { bargeIn, loop }));
      }
      case 'record':
        return this.#onLeg(command, (leg) => leg.record(command.job, command.maxMs, command.side, command.silenceMs));
      case 'pause':
      case 'resume':
        return this.#legs.get(command.leg)?.pause(command.job, command.kind === 'pause');
      case 'sendDtmf':
        return this.#onLeg(command, (leg) => leg.sendDtmf(command.job, command.digits));
      case 'detectMachine':
        return this.#onLeg(command, (leg) => leg.detectMachine(command.job, command.options?.maxMs));
      case 'stop':
        return this.#legs.get(command.leg)?.stop(command.job);
      case 'transfer': {
        const { leg, transfer, to } = command;
        const target = 'leg' in to ? this.#legs.get(to.leg) : undefined;
        const asked = 'leg' in to && (target === undefined || to.leg === leg) ? undefined : this.#legs.get(leg);
        if (asked !== undefined) return asked.transfer(transfer);
        return this.#emit({ kind: 'transfer.done', leg, transfer, ok: false });
      }
      case 'probe': {
        const ok = this.#trunks.has(command.trunk);
        const answer = ok ? { ok, sipCode: 200, detail: 'simulated' } : { ok, detail: `no trunk ${command.trunk}` };
        return this.#emit({ kind: 'probe.done', probe: command.probe, ...answer });
      }
      case 'configure':
        this.#trunks = new Set([SIMULATED_TRUNK, ...command.trunks.map((trunk) => trunk.id)]);
        return;
      // Nobody says anything on simulated lines, whoever hears it or holds them.
      case 'hold':
      case 'bridge':
      case 'join':
      case 'leave':
        return;
      // Nobody hears the ringing on a simulated line, asks for transfers, watches, or is banned.
      case 'unban':
      case 'transferProgress':
      case 'mailbox':
      case 'ring':
      case 'early':
        return;
    }
  }

  close(): Promise<void> {
    this.#handleAll();
    this.#closed = true;
    for (const leg of [...this.#legs.values()]) leg.fail('engine_failed');
    return Promise.resolve();
  }

  #dial(command: Extract<EngineCommand, { kind: 'dial' }>): void {
    const { leg, to, from } = command;
    if (this.#closed || this.#legs.has(leg) || to.kind !== 'trunk' || !this.#trunks.has(to.trunk)) {
      if (!this.#legs.has(leg)) {
        this.#emit({ kind: 'leg.ended', leg, by: 'us', cause: this.#closed ? 'engine_failed' : 'no_route' });
      }
      return;
    }
    const outcome = outcomeOf(to.number);
    const onEnd = (): void => {
      const callsBack = outcome.kind === 'no_answer' ? outcome.callsBack : undefined;
      if (callsBack !== undefined)
        this.clock.after(CALL_BACK_MS, () => this.#callUs(leg, to.number, from.number, callsBack));
    };
    this.#add(leg, outcome, onEnd).dial(command.ringTimeoutMs);
  }

  #callUs(callsBack: string, from: string, to: string, { hidden = false, ...caller }: CallsBack): void {
    if (this.#closed) return;
    const leg = `simulated-caller-${(this.#callers += 1)}`;
    this.#add(leg, { kind: 'answers', ...caller }).wait();
    this.#emit({
      kind: 'leg.incoming',
      leg,
      origin: { kind: 'trunk', trunk: SIMULATED_TRUNK },
      from: hidden ? 'anonymous' : from,
      to,
      callsBack,
      ...(hidden ? { caller: { private: true } } : {}),
    });
  }

  #add(id: string, outcome: SimulatedOutcome, onEnd: () => void = () => undefined): SimulatedLeg {
    const emit = (event: EngineEventBody): void => this.#emit(event);
    const leg = new SimulatedLeg(id, outcome, this.clock, emit, () => {
      this.#legs.delete(id);
      onEnd();
    });
    this.#legs.set(id, leg);
    return leg;
  }

  #onLeg(command: Extract<EngineCommand, { job: string }>, act: (leg: SimulatedLeg) => void): void {
    const leg = this.#legs.get(command.leg);
    if (leg !== undefined) return act(leg);
    this.#emit({ kind: 'job.done', leg: command.leg, job: command.job, outcome: 'failed', durationMs: 0 });
  }

  #emit(event: EngineEventBody): void {
    const stamped: EngineEvent = { ...event, seq: ++this.#seq, at: this.clock.now() };
    for (const listener of this.#listeners) listener(stamped);
  }
}
