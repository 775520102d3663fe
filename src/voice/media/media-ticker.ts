/**
 * The beat of a media worker. Deadlines are absolute: a late tick does not move the ones after it. What was missed is
 * caught up with, at most 50 ms of it; more is skipped in whole packet times, so that all legs skip alike.
 */
import type { Clock, Timer } from '#clock.js';

export const TICK_MS = 5;
export const PACKET_MS = 20;
/** Ticks that are run late rather than skipped: 50 ms. */
export const MAX_CATCH_UP_TICKS = 10;
/** A quarter of the legs is served on each tick: the fewer at once, the less does one wait for another. */
export const PHASES = PACKET_MS / TICK_MS;

/** Ticks over which the lag is measured: a second. */
const LAG_TICKS = 200;

export interface TickListener {
  /** Serve the legs of this phase, from 0 to `PHASES`, without the latter. */
  tick(phase: number, nowMs: number): void;
  /** So many packet times pass without a packet, for every leg. */
  skip(packetTimes: number): void;
}

export class MediaTicker {
  readonly #clock: Clock;
  readonly #listener: TickListener;
  readonly #lags = new Float64Array(LAG_TICKS);
  #lagCount = 0;
  #nextMs = 0;
  #phase = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, listener: TickListener) {
    this.#clock = clock;
    this.#listener = listener;
  }

  start(): void {
    if (this.#timer) return;
    this.#nextMs = this.#clock.now() + TICK_MS;
    this.#lagCount = 0;
    this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** How late ticks have been of late: nine of ten were less late, milliseconds. */
  get lagMs(): number {
    const lags = this.#lags.slice(0, Math.min(this.#lagCount, LAG_TICKS)).sort();
    return lags[Math.floor(lags.length * 0.9)] ?? 0;
  }

  #arm(): void {
    this.#timer = this.#clock.after(Math.max(0, this.#nextMs - this.#clock.now()), () => {
      this.#run();
      if (this.#timer) this.#arm();
    });
  }

  #run(): void {
    const nowMs = this.#clock.now();
    let due = Math.floor((nowMs - this.#nextMs) / TICK_MS) + 1;
    if (due > MAX_CATCH_UP_TICKS) {
      const packetTimes = Math.ceil((due - MAX_CATCH_UP_TICKS) / PHASES);
      this.#noteLag(nowMs - this.#nextMs);
      this.#listener.skip(packetTimes);
      this.#nextMs += packetTimes * PACKET_MS;
      due -= packetTimes * PHASES;
    }
    for (; due > 0 && this.#timer; due--) {
      this.#noteLag(nowMs - this.#nextMs);
      const phase = this.#phase;
      this.#phase = (phase + 1) % PHASES;
      this.#nextMs += TICK_MS;
      this.#listener.tick(phase, nowMs);
    }
  }

  #noteLag(lagMs: number): void {
    this.#lags[this.#lagCount % LAG_TICKS] = lagMs;
    this.#lagCount++;
  }
}
