/** The SIP engine in its worker thread, for the application: started, watched, replaced when it dies. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { systemClock, type Clock } from '#clock.js';
import type {
  Engine,
  EngineCommand,
  EngineEvent,
  EngineEventBody,
  JobId,
  LegId,
  PhoneContact,
  TransferId,
} from '#voice/engine.js';
import { ClipKeys } from '#voice/media/clip-keys.js';
import type { PortRange } from '#voice/rtp/port-pairs.js';
import type { SignallingWaits } from '#voice/sip/signalling.js';
import type { FromSipWorker, SipTls, SipWorkerData, ToSipWorker } from '#voice/sip/worker-messages.js';

export interface SipEngineSetup {
  /** The literal address that SIP and RTP are bound to; `0.0.0.0` or `::` for all. */
  host: string;
  /** The same for UDP and TCP. 0: any that is free for both. */
  port: number;
  /** Without it phones and trunks cannot connect over TLS; we can connect to theirs. */
  tls?: SipTls;
  /** What peers outside our own networks reach this machine at (NAT). */
  publicAddress?: string;
  /** Default: any free ports. */
  rtpPorts?: PortRange;
  /** Threads for sound. Default: one less than there are cores, at least one. */
  mediaWorkers?: number;
  /** An answered leg that hears nothing for so long ends. Default 30,000. */
  mediaTimeoutMs?: number;
  /** T1, T2 and the engine's own waits, milliseconds; tests shorten them. */
  waits?: Partial<SignallingWaits>;
  maxLegs?: number;
  maxTickLagMs?: number;
  userAgent?: string;
  /** Of the digest challenges to phones. */
  realm?: string;
  /** 32 bytes that sign nonces; the same over restarts spares phones a second challenge. */
  digestKey?: Uint8Array;
  clock?: Clock;
  createWorker?: (data: SipWorkerData) => Worker;
}

export interface StartedSipEngine {
  engine: Engine;
  udpPort: number;
  tcpPort: number;
  tlsPort?: number;
}

/** A worker that dies is replaced after this time, so that one which cannot live does not keep a core busy. */
export const REPLACEMENT_DELAY_MS = 500;
/** A worker that has not closed by then is stopped hard. */
const CLOSE_DEADLINE_MS = 10_000;

/** Resolves when SIP listens and media is ready; rejects with one line for the operator, such as a port in use. */
export async function startSipEngine(setup: SipEngineSetup): Promise<StartedSipEngine> {
  const { clock = systemClock, createWorker = createSipWorker, mediaWorkers, ...rest } = setup;
  const data = { ...rest, mediaWorkers: mediaWorkers ?? Math.max(1, availableParallelism() - 1) };
  const engine = new EngineInWorker(clock, createWorker);
  const { port, tlsPort } = await engine.start(data);
  return { engine, udpPort: port, tcpPort: port, ...(tlsPort !== undefined && { tlsPort }) };
}

const createSipWorker = (data: SipWorkerData): Worker =>
  new Worker(new URL('./sip-worker.js', import.meta.url), { workerData: data });

type Configure = Extract<EngineCommand, { kind: 'configure' }>;

/** What the worker owes a leg before its end. */
interface Owed {
  jobs: Set<JobId>;
  transfers: Set<TransferId>;
}

class EngineInWorker implements Engine {
  readonly #clock: Clock;
  readonly #createWorker: (data: SipWorkerData) => Worker;
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  readonly #clipKeys = new ClipKeys();
  /** Legs and probes that the worker owes an end. */
  readonly #legs = new Map<LegId, Owed>();
  readonly #probes = new Set<string>();
  /** What a replacement has to know. */
  #configured: Configure | undefined;
  readonly #contacts = new Map<string, PhoneContact[]>();
  readonly #mailboxes = new Map<string, Extract<EngineCommand, { kind: 'mailbox' }>>();
  #worker: Worker | undefined;
  #lastSeq = 0;
  #hasBans = false;
  #closing: Promise<void> | undefined;

  constructor(clock: Clock, createWorker: (data: SipWorkerData) => Worker) {
    this.#clock = clock;
    this.#createWorker = createWorker;
  }

  /** The ports that SIP listens on. */
  start(data: SipWorkerData): Promise<{ port: number; tlsPort?: number | undefined }> {
    const worker = this.#createWorker(data);
    return new Promise((resolve, reject) => {
      let bound: SipWorkerData | undefined;
      let failure: string | undefined;
      worker.on('message', (message: FromSipWorker) => {
        switch (message.kind) {
          case 'ready':
            bound = { ...data, port: message.port };
            if (data.tls !== undefined) bound.tls = { ...data.tls, port: message.tlsPort ?? data.tls.port };
            this.#worker = worker;
            resolve(message);
            break;
          case 'failed':
            failure = message.message;
            break;
          case 'event':
            this.#hear(message.event);
            break;
        }
      });
      worker.on('error', (error) => (failure = error.message));
      worker.on('exit', () => {
        this.#worker = undefined;
        this.#endAll(failure ?? 'the SIP worker stopped');
        reject(new Error(failure ?? 'the SIP worker stopped'));
        if (bound !== undefined) this.#replaceLater(bound);
      });
    });
  }

  send(command: EngineCommand): void {
    if (command.kind === 'configure') this.#keep(command);
    if (command.kind === 'mailbox' && this.#hasPhone(command.phone)) this.#mailboxes.set(command.phone, command);
    const worker = this.#worker;
    if (worker === undefined || this.#closing !== undefined) return this.#refuse(command);
    this.#remember(command);
    if (command.kind !== 'play') return post(worker, { kind: 'command', command });
    const shared = command.clips.map((clip) => this.#clipKeys.share(clip));
    const clips = shared.map(({ clip }) => clip);
    post(worker, { kind: 'command', command: { ...command, clips }, clipKeys: shared.map(({ key }) => key) });
  }

  on(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#shutDown());
  }

  async #shutDown(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const gone = new Promise((resolve) => worker.once('exit', resolve));
    post(worker, { kind: 'close' });
    const deadline = this.#clock.after(CLOSE_DEADLINE_MS, () => void worker.terminate());
    await gone;
    deadline.cancel();
  }

  #hear(event: EngineEvent): void {
    this.#lastSeq = event.seq = this.#lastSeq + 1;
    switch (event.kind) {
      case 'leg.incoming':
        this.#legs.set(event.leg, nothingOwed());
        break;
      case 'leg.ended':
        this.#legs.delete(event.leg);
        break;
      case 'job.done':
        this.#legs.get(event.leg)?.jobs.delete(event.job);
        break;
      case 'transfer.done':
        this.#legs.get(event.leg)?.transfers.delete(event.transfer);
        break;
      case 'probe.done':
        this.#probes.delete(event.probe);
        break;
      case 'registration':
        this.#contacts.set(event.phone, event.contacts);
        break;
      case 'bans':
        this.#hasBans = event.bans.length > 0;
        break;
      default:
        break;
    }
    for (const listener of [...this.#listeners]) listener(event);
  }

  #emit(body: EngineEventBody): void {
    this.#hear({ seq: 0, at: this.#clock.now(), ...body });
  }

  #keep(configure: Configure): void {
    this.#configured = configure;
    const ids = new Set(configure.phones.map(({ id }) => id));
    for (const id of [...this.#contacts.keys()]) if (!ids.has(id)) this.#contacts.delete(id);
    for (const id of [...this.#mailboxes.keys()]) if (!ids.has(id)) this.#mailboxes.delete(id);
  }

  #hasPhone(id: string): boolean {
    return this.#configured?.phones.some((phone) => phone.id === id) === true;
  }

  #remember(command: EngineCommand): void {
    switch (command.kind) {
      case 'dial':
        if (!this.#legs.has(command.leg)) this.#legs.set(command.leg, nothingOwed());
        break;
      case 'play':
      case 'record':
      case 'sendDtmf':
      case 'detectMachine':
        this.#legs.get(command.leg)?.jobs.add(command.job);
        break;
      case 'transfer':
        this.#legs.get(command.leg)?.transfers.add(command.transfer);
        break;
      case 'probe':
        this.#probes.add(command.probe);
        break;
      default:
        break;
    }
  }

  /** Between a death and the replacement, and after closing. */
  #refuse(command: EngineCommand): void {
    const sipReason = this.#closing === undefined ? 'the SIP worker is being replaced' : 'shutting down';
    switch (command.kind) {
      case 'dial':
        return this.#emit({ kind: 'leg.ended', leg: command.leg, cause: 'engine_failed', by: 'us', sipReason });
      case 'play':
      case 'record':
      case 'sendDtmf':
      case 'detectMachine':
        return this.#emit({
          kind: 'job.done',
          leg: command.leg,
          job: command.job,
          outcome: 'failed',
          durationMs: 0,
        });
      case 'transfer':
        return this.#emit({ kind: 'transfer.done', leg: command.leg, transfer: command.transfer, ok: false });
      case 'probe':
        return this.#emit({ kind: 'probe.done', probe: command.probe, ok: false, detail: sipReason });
      default:
        return;
    }
  }

  /** The worker is gone: so are its legs, and the bans that it alone knew. */
  #endAll(sipReason: string): void {
    if (this.#hasBans) this.#emit({ kind: 'bans', bans: [] });
    for (const [leg, { jobs, transfers }] of [...this.#legs]) {
      for (const transfer of [...transfers]) this.#emit({ kind: 'transfer.done', leg, transfer, ok: false });
      for (const job of [...jobs]) this.#emit({ kind: 'job.done', leg, job, outcome: 'ended', durationMs: 0 });
      this.#emit({ kind: 'leg.ended', leg, cause: 'engine_failed', by: 'us', sipReason });
    }
    for (const probe of [...this.#probes]) this.#emit({ kind: 'probe.done', probe, ok: false, detail: sipReason });
  }

  #replaceLater(data: SipWorkerData): void {
    if (this.#closing !== undefined) return;
    this.#clock.after(REPLACEMENT_DELAY_MS, () => {
      if (this.#closing !== undefined) return;
      this.start(data).then(
        () => this.#configureAgain(),
        () => this.#replaceLater(data),
      );
    });
  }

  /** The registrations since the last `configure`, and what waits for phones, are in nobody else's memory. */
  #configureAgain(): void {
    if (this.#configured === undefined) return;
    const phones = this.#configured.phones.map((phone) => {
      const contacts = this.#contacts.get(phone.id) ?? phone.contacts;
      return contacts === undefined ? phone : { ...phone, contacts };
    });
    this.send({ ...this.#configured, phones });
    for (const mailbox of [...this.#mailboxes.values()]) this.send(mailbox);
  }
}

function nothingOwed(): Owed {
  return { jobs: new Set(), transfers: new Set() };
}

function post(worker: Worker, message: ToSipWorker): void {
  worker.postMessage(message);
}
