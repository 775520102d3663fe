/** Media on worker threads: spreads legs over them, brings them together, and replaces a worker that dies or hangs. */
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '#clock.js';
import { systemClock } from '#clock.js';
import type { JobId, LegId } from '#voice/engine.js';
import { ClipKeys } from '#voice/media/clip-keys.js';
import { failedJob, startsJob } from '#voice/media/jobs.js';
import { MAX_LEGS, NO_STATS } from '#voice/media/media-engine.js';
import type { Media, MediaCommand, MediaEvent } from '#voice/media/media-port.js';
import { WorkerRooms } from '#voice/media/worker-rooms.js';
import { WorkerWatch } from '#voice/media/worker-watch.js';
import type { FromMediaWorker, MediaWorkerData, ToMediaWorker } from '#voice/media/worker-messages.js';
import { evenPorts, type PortRange } from '#voice/rtp/port-pairs.js';

/** A worker that dies is replaced after this time, so that one which cannot live does not keep a core busy. */
export const REPLACEMENT_DELAY_MS = 500;

/** How often workers are looked at. */
export const LOOK_EVERY_MS = 1_000;

/** A worker that has not ended its legs after this time is ended itself. */
export const CLOSE_TIMEOUT_MS = 3_000;

export interface MediaSetup {
  /** Worker threads, 1 or more; fewer are started where the port range has fewer pairs. */
  workers: number;
  /** The address that RTP sockets are bound to. */
  host: string;
  /** Divided among the workers; undefined: any free ports. */
  ports?: PortRange | undefined;
  /** Default 30,000. */
  mediaTimeoutMs?: number;
  clock?: Clock;
  createWorker?: (data: MediaWorkerData) => Worker;
}

/** Resolves when all workers are ready; rejects when one cannot start. */
export async function startMedia(setup: MediaSetup): Promise<Media> {
  const media = new MediaWorkers(setup);
  try {
    await media.ready();
  } catch (error) {
    await media.close();
    throw error;
  }
  return media;
}

const createMediaWorker = (data: MediaWorkerData): Worker =>
  new Worker(new URL('./media-worker.js', import.meta.url), { workerData: data });

/** One place for a worker: its share of the ports stays, the thread may be replaced. */
interface Seat {
  data: MediaWorkerData;
  /** Undefined between a death and the replacement. */
  worker: Worker | undefined;
  ready: Promise<void>;
  /** Its legs and their unfinished jobs. */
  legs: Map<LegId, Set<JobId>>;
  tickLagMs: number;
  watch: WorkerWatch;
  /** Why the worker is being ended, where that is not by itself. */
  fault: string | undefined;
}

class MediaWorkers implements Media {
  readonly #clock: Clock;
  readonly #createWorker: (data: MediaWorkerData) => Worker;
  readonly #seats: Seat[];
  readonly #seatOfLeg = new Map<LegId, Seat>();
  readonly #rooms: WorkerRooms<Seat>;
  readonly #clipKeys = new ClipKeys();
  readonly #listeners = new Set<(event: MediaEvent) => void>();
  #closed: Promise<void> | undefined;
  #lookTimer: Timer | undefined;

  constructor(setup: MediaSetup) {
    this.#clock = setup.clock ?? systemClock;
    this.#createWorker = setup.createWorker ?? createMediaWorker;
    this.#seats = dividePorts(setup.ports, setup.workers).map((ports) => ({
      data: { host: setup.host, ports, mediaTimeoutMs: setup.mediaTimeoutMs },
      worker: undefined,
      ready: Promise.resolve(),
      legs: new Map(),
      tickLagMs: 0,
      watch: new WorkerWatch(),
      fault: undefined,
    }));
    this.#rooms = new WorkerRooms({
      address: reachable(setup.host),
      seatOf: (leg) => this.#seatOfLeg.get(leg),
      open: (leg, seat) => {
        this.#place(leg, seat);
        this.#pass(seat, { kind: 'open', leg });
      },
      post: (seat, command) => this.#pass(seat, command),
    });
    for (const seat of this.#seats) seat.ready = this.#occupy(seat);
    this.#lookLater();
  }

  async ready(): Promise<void> {
    await Promise.all(this.#seats.map((seat) => seat.ready));
  }

  send(command: MediaCommand): void {
    const seat =
      command.kind === 'open' ? this.#seatFor(command.leg, command.beside) : this.#seatOfLeg.get(command.leg);
    if (!seat?.worker) {
      this.#refuse(command);
      return;
    }
    if (startsJob(command)) seat.legs.get(command.leg)?.add(command.job);
    if (command.kind === 'connect') this.#rooms.connected(command.leg, command.session);
    if (command.kind === 'bridge' || command.kind === 'join' || command.kind === 'leave') this.#rooms.obey(command);
    else this.#pass(seat, command);
  }

  #pass(seat: Seat, command: MediaCommand): void {
    if (!seat.worker) return;
    if (command.kind === 'play') {
      const shared = command.clips.map((clip) => this.#clipKeys.share(clip));
      const clips = shared.map(({ clip }) => clip);
      post(seat.worker, { kind: 'command', command: { ...command, clips }, clipKeys: shared.map(({ key }) => key) });
    } else post(seat.worker, { kind: 'command', command });
  }

  on(listener: (event: MediaEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    this.#lookTimer?.cancel();
    this.#closed ??= Promise.all(
      this.#seats.map(async ({ worker }) => {
        if (!worker) return;
        const gone = new Promise((resolve) => worker.once('exit', resolve));
        post(worker, { kind: 'close' });
        const patience = this.#clock.after(CLOSE_TIMEOUT_MS, () => void worker.terminate());
        await gone;
        patience.cancel();
      }),
    ).then(() => undefined);
    return this.#closed;
  }

  /** The worker of the leg beside, else the one with the fewest legs. A leg that is open already stays where it is. */
  #seatFor(leg: LegId, beside: LegId | undefined): Seat | undefined {
    const known = this.#seatOfLeg.get(leg);
    if (known || this.#closed) return known;
    const alive = this.#seats.filter(({ worker }) => worker);
    if (alive.length === 0) return undefined;
    const near = beside === undefined ? undefined : this.#seatOfLeg.get(beside);
    const hasRoom = near?.worker && near.legs.size < MAX_LEGS;
    const seat = hasRoom ? near : alive.reduce((least, other) => (other.legs.size < least.legs.size ? other : least));
    this.#place(leg, seat);
    return seat;
  }

  #place(leg: LegId, seat: Seat): void {
    seat.legs.set(leg, new Set());
    this.#seatOfLeg.set(leg, seat);
  }

  #refuse(command: MediaCommand): void {
    if (command.kind === 'open') {
      this.#emit({ kind: 'closed', leg: command.leg, stats: NO_STATS, error: 'no media worker is running' });
    } else if (startsJob(command)) this.#emit(failedJob(command));
  }

  #occupy(seat: Seat): Promise<void> {
    const worker = this.#createWorker(seat.data);
    seat.worker = worker;
    return new Promise((resolve, reject) => {
      let failure: Error | undefined;
      worker.on('message', (message: FromMediaWorker) => {
        if (message.kind === 'ready') resolve();
        else this.#heard(seat, message.event);
      });
      worker.on('error', (error) => (failure = error));
      worker.on('exit', () => {
        const reason = seat.fault ?? `the media worker died${failure ? `: ${failure.message}` : ''}`;
        this.#vacate(seat, reason);
        reject(failure ?? new Error(reason));
      });
    });
  }

  #heard(seat: Seat, event: MediaEvent): void {
    if (event.kind === 'load') {
      seat.tickLagMs = event.tickLagMs;
      seat.watch.reported(event.tickLagMs);
      this.#reportLoad();
      return;
    }
    if (event.kind === 'job.done') seat.legs.get(event.leg)?.delete(event.job);
    if (event.kind === 'closed') this.#forget(seat, event.leg);
    this.#tell(event);
  }

  /** What hidden legs say is for nobody else. */
  #tell(event: MediaEvent): void {
    if (!this.#rooms.hears(event)) this.#emit(event);
  }

  #lookLater(): void {
    this.#lookTimer = this.#clock.after(LOOK_EVERY_MS, () => {
      for (const seat of this.#seats) {
        if (!seat.worker || seat.fault !== undefined) continue;
        seat.fault = seat.watch.look(seat.legs.size);
        if (seat.fault !== undefined) void seat.worker.terminate();
      }
      this.#lookLater();
    });
  }

  /** The worker is gone: so are its legs. */
  #vacate(seat: Seat, error: string): void {
    seat.worker = undefined;
    seat.tickLagMs = 0;
    seat.fault = undefined;
    seat.watch = new WorkerWatch();
    for (const [leg, jobs] of [...seat.legs]) {
      this.#forget(seat, leg);
      for (const job of jobs) this.#emit({ kind: 'job.done', leg, job, outcome: 'ended', durationMs: 0 });
      this.#tell({ kind: 'closed', leg, stats: NO_STATS, error });
    }
    this.#rooms.moveFrom(seat);
    if (this.#closed) return;
    this.#reportLoad();
    this.#clock.after(REPLACEMENT_DELAY_MS, () => {
      if (!this.#closed) seat.ready = this.#occupy(seat).catch(() => undefined);
    });
  }

  #forget(seat: Seat, leg: LegId): void {
    seat.legs.delete(leg);
    this.#seatOfLeg.delete(leg);
    this.#rooms.left(leg, true);
  }

  #reportLoad(): void {
    this.#emit({
      kind: 'load',
      legs: this.#seatOfLeg.size - this.#rooms.hiddenLegs,
      tickLagMs: Math.max(...this.#seats.map(({ tickLagMs }) => tickLagMs)),
    });
  }

  #emit(event: MediaEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function post(worker: Worker, message: ToMediaWorker): void {
  worker.postMessage(message);
}

/** A range for each worker, all about as long; fewer than asked for where there are fewer pairs. */
function dividePorts(range: PortRange | undefined, workers: number): (PortRange | undefined)[] {
  if (!range) return Array.from({ length: Math.max(1, workers) }, () => undefined);
  const ports = evenPorts(range);
  if (ports.length === 0)
    throw new Error(`no pair of RTP ports, an even one and the next, in ${range.min}-${range.max}`);
  const count = Math.max(1, Math.min(workers, ports.length));
  return Array.from({ length: count }, (_, i) => {
    const share = ports.slice(Math.floor((i * ports.length) / count), Math.floor(((i + 1) * ports.length) / count));
    return { min: share[0]!, max: share.at(-1)! + 1 };
  });
}

/** Where sockets that are bound there are reached from this machine. */
function reachable(host: string): string {
  return host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
}
