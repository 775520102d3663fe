/**
 * The media engine as a plain object: legs by id, served by one ticker. Clock and sockets are given to it; it runs in a
 * media worker, or in a test that holds both.
 */
import { randomInt } from 'node:crypto';
import type { Clock, Timer } from '#clock.js';
import type { LegId, RtpStats } from '#voice/engine.js';
import { EncodedClips } from '#voice/media/encoded-clips.js';
import { failedJob, startsJob } from '#voice/media/jobs.js';
import { MediaLeg } from '#voice/media/media-leg.js';
import type { Media, MediaCommand, MediaEvent } from '#voice/media/media-port.js';
import { MediaTicker, PHASES } from '#voice/media/media-ticker.js';
import { Rooms } from '#voice/media/rooms.js';
import { PortPairs, type PortRange } from '#voice/rtp/port-pairs.js';
import type { OpenUdpSocket } from '#voice/rtp/udp-socket.js';

export const DEFAULT_MEDIA_TIMEOUT_MS = 30_000;
export const LOAD_INTERVAL_MS = 1_000;
/** Legs of one engine; each has two sockets. */
export const MAX_LEGS = 5_000;

export const NO_STATS: RtpStats = { packetsSent: 0, packetsReceived: 0, packetsLost: 0, jitterMs: 0 };

export interface MediaEngineSetup {
  /** Should be monotonic: `monotonicClock`. */
  clock: Clock;
  openSocket: OpenUdpSocket;
  /** The address that the sockets are bound to. */
  host: string;
  /** Where RTP and RTCP ports are taken from; undefined: any free ones. */
  ports?: PortRange | undefined;
  mediaTimeoutMs?: number | undefined;
  random32?: () => number;
}

export class MediaEngine implements Media {
  readonly #clock: Clock;
  readonly #ports: PortPairs;
  readonly #ticker: MediaTicker;
  readonly #encoded = new EncodedClips();
  readonly #mediaTimeoutMs: number;
  readonly #random32: () => number;
  readonly #legs = new Map<LegId, MediaLeg>();
  /** The legs of each tick: all have 20 ms packets, and a quarter of them is served every 5 ms. */
  readonly #phases: Set<MediaLeg>[] = Array.from({ length: PHASES }, () => new Set());
  readonly #rooms = new Rooms();
  readonly #listeners = new Set<(event: MediaEvent) => void>();
  readonly #unfinished = new Set<Promise<void>>();
  /** Sockets on their way out; a part of the above. */
  readonly #closing = new Set<Promise<void>>();
  #loadTimer: Timer | undefined;
  #isClosed = false;

  constructor(setup: MediaEngineSetup) {
    this.#clock = setup.clock;
    this.#ports = new PortPairs(setup.host, setup.ports, setup.openSocket);
    this.#mediaTimeoutMs = setup.mediaTimeoutMs ?? DEFAULT_MEDIA_TIMEOUT_MS;
    this.#random32 = setup.random32 ?? (() => randomInt(2 ** 32));
    this.#ticker = new MediaTicker(setup.clock, {
      tick: (phase, nowMs) => {
        if (phase === 0) this.#rooms.mix();
        for (const leg of this.#phases[phase]!) leg.tick(nowMs);
      },
      skip: (packetTimes) => {
        for (const leg of this.#legs.values()) leg.skip(packetTimes);
      },
    });
  }

  send(command: MediaCommand): void {
    if (command.kind === 'open') {
      this.#open(command.leg);
      return;
    }
    const leg = this.#legs.get(command.leg);
    if (leg) this.#obey(leg, command);
    else if (startsJob(command)) this.#emit(failedJob(command));
  }

  on(listener: (event: MediaEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const leg of [...this.#legs.values()]) this.#close(leg);
    await Promise.all(this.#unfinished);
  }

  #obey(leg: MediaLeg, command: Exclude<MediaCommand, { kind: 'open' }>): void {
    switch (command.kind) {
      case 'connect':
        return leg.connect(command.session, this.#clock.now());
      case 'play':
        return leg.play(command.job, command.clips, command.bargeIn ?? false, command.loop ?? false);
      case 'stop':
        return leg.stop(command.job);
      case 'record':
        return leg.record(command.job, command.side, command.maxMs, command.silenceMs);
      case 'pause':
      case 'resume':
        return leg.pause(command.job, command.kind === 'pause');
      case 'detectMachine':
        return leg.detectMachine(command.job, command.options ?? {});
      case 'bridge': {
        const other = this.#legs.get(command.with);
        if (other) this.#rooms.bridge(leg, other);
        return;
      }
      case 'join':
        return this.#rooms.join(leg, command.conference, command.muted ?? false);
      case 'leave':
        return this.#rooms.leave(leg);
      case 'sendDtmf':
        return leg.sendDtmf(command.job, command.digits);
      case 'info':
        return leg.info(command.digit, command.durationMs);
      case 'close':
        return this.#close(leg);
    }
  }

  #open(id: LegId): void {
    if (this.#legs.has(id)) return;
    const refusal = this.#isClosed
      ? 'the media engine is closed'
      : this.#legs.size >= MAX_LEGS && `no more than ${MAX_LEGS} legs on one worker`;
    if (refusal) {
      this.#emit({ kind: 'closed', leg: id, stats: NO_STATS, error: refusal });
      return;
    }
    const leg = new MediaLeg({
      leg: id,
      emit: (event) => this.#emit(event),
      encoded: this.#encoded,
      mediaTimeoutMs: this.#mediaTimeoutMs,
      random32: this.#random32,
      now: () => this.#clock.now(),
    });
    this.#legs.set(id, leg);
    this.#smallerPhase().add(leg);
    this.#ticker.start();
    this.#loadTimer ??= this.#clock.after(LOAD_INTERVAL_MS, () => this.#reportLoad());
    this.#finish(this.#bind(leg));
  }

  async #bind(leg: MediaLeg, isFirstTry = true): Promise<void> {
    try {
      const sockets = await this.#ports.open(
        (packet, port, address) => leg.rtp(packet, port, address, this.#clock.now()),
        (packet, _port, address) => leg.rtcp(packet, address, this.#clock.now()),
      );
      if (this.#legs.get(leg.id) !== leg) return await sockets.close();
      leg.attach(sockets);
      this.#emit({ kind: 'opened', leg: leg.id, port: sockets.rtp.port });
    } catch (error) {
      // Legs that ended a moment ago still hold their ports: one of these may be what is missing.
      if (isFirstTry && this.#closing.size > 0) {
        await Promise.allSettled(this.#closing);
        return this.#bind(leg, false);
      }
      if (this.#legs.get(leg.id) === leg) this.#close(leg, error instanceof Error ? error.message : String(error));
    }
  }

  #close(leg: MediaLeg, error?: string): void {
    this.#legs.delete(leg.id);
    this.#rooms.leave(leg);
    for (const phase of this.#phases) phase.delete(leg);
    const closing = leg.close(this.#clock.now());
    this.#closing.add(closing);
    this.#finish(closing.finally(() => this.#closing.delete(closing)));
    this.#emit({ kind: 'closed', leg: leg.id, stats: leg.stats, ...(error !== undefined && { error }) });
    if (this.#legs.size > 0) return;
    this.#ticker.stop();
    this.#reportLoad();
  }

  #finish(work: Promise<void>): void {
    this.#unfinished.add(work);
    void work.finally(() => this.#unfinished.delete(work));
  }

  #smallerPhase(): Set<MediaLeg> {
    return this.#phases.reduce((smallest, phase) => (phase.size < smallest.size ? phase : smallest));
  }

  #reportLoad(): void {
    this.#loadTimer?.cancel();
    const idle = this.#legs.size === 0;
    this.#loadTimer = idle ? undefined : this.#clock.after(LOAD_INTERVAL_MS, () => this.#reportLoad());
    this.#emit({ kind: 'load', legs: this.#legs.size, tickLagMs: idle ? 0 : this.#ticker.lagMs });
  }

  #emit(event: MediaEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
