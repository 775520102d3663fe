/**
 * Key presses from telephone-event packets (RFC 4733 section 2.5.2). Packets with one timestamp are one press, however
 * many arrive and in which order; a press whose end is lost ends when nothing has come of it for a while.
 */
import { MAX_EVENT_DURATION, parseTelephoneEvent } from '#voice/rtp/telephone-event.js';

/** A press of which nothing more has come for so long is over. */
export const DTMF_END_TIMEOUT_MS = 500;
/** Presses begun and not ended; more can only be an attack. */
const MAX_OPEN = 4;
/** How many ended presses are remembered, to know their stragglers by. */
const MAX_REMEMBERED = 16;
/** Nobody types faster; more is ignored. */
export const MAX_PRESSES_PER_SECOND = 20;
const UNITS_PER_MS = 8;

export interface KeyPress {
  digit: string;
  /** How long the key was down, milliseconds. */
  durationMs: number;
}

export interface DtmfListener {
  /** A key went down. */
  pressed(digit: string): void;
  /** It was let go, or its end is given up; once for each press. */
  released(press: KeyPress): void;
}

interface OpenPress {
  digit: string;
  timestamp: number;
  duration: number;
  /** Of the segments before this one. */
  durationBefore: number;
  lastHeardMs: number;
}

export class DtmfReceiver {
  readonly #listener: DtmfListener;
  readonly #open: OpenPress[] = [];
  readonly #ended: number[] = [];
  #secondBegan = -Infinity;
  #pressesThisSecond = 0;

  constructor(listener: DtmfListener) {
    this.#listener = listener;
  }

  received(timestamp: number, payload: Uint8Array, nowMs: number): void {
    const event = parseTelephoneEvent(payload);
    if (!event || this.#ended.includes(timestamp)) return;
    const press = this.#pressOf(timestamp, event.digit, nowMs);
    if (!press) return;
    press.duration = Math.max(press.duration, event.duration);
    press.lastHeardMs = nowMs;
    if (event.end) this.#release(press);
  }

  /** To be called now and then: ends presses whose end was lost. */
  checkTimeouts(nowMs: number): void {
    for (let i = 0; i < this.#open.length;) {
      const press = this.#open[i]!;
      if (nowMs - press.lastHeardMs >= DTMF_END_TIMEOUT_MS) this.#release(press);
      else i++;
    }
  }

  /** The stream is over: whatever is still down is reported. */
  flush(): void {
    while (this.#open[0]) this.#release(this.#open[0]);
  }

  #pressOf(timestamp: number, digit: string, nowMs: number): OpenPress | undefined {
    const known = this.#open.find((press) => press.timestamp === timestamp);
    if (known) return known;
    const continued = this.#open.find(
      (press) => press.digit === digit && (timestamp - press.timestamp) >>> 0 === MAX_EVENT_DURATION,
    );
    if (continued) {
      this.#remember(continued.timestamp);
      continued.timestamp = timestamp;
      continued.durationBefore += MAX_EVENT_DURATION;
      continued.duration = 0;
      return continued;
    }
    if (this.#isFlood(nowMs)) return undefined;
    // A new key means that the ones before it were let go: they may not be reported after it.
    while (this.#open.length > 0 && isBefore(this.#open[0]!.timestamp, timestamp)) this.#release(this.#open[0]!);
    if (this.#open.length >= MAX_OPEN) this.#release(this.#open[0]!);
    const press = { digit, timestamp, duration: 0, durationBefore: 0, lastHeardMs: nowMs };
    this.#open.push(press);
    this.#listener.pressed(digit);
    return press;
  }

  #isFlood(nowMs: number): boolean {
    if (nowMs - this.#secondBegan >= 1_000) {
      this.#secondBegan = nowMs;
      this.#pressesThisSecond = 0;
    }
    this.#pressesThisSecond++;
    return this.#pressesThisSecond > MAX_PRESSES_PER_SECOND;
  }

  #release(press: OpenPress): void {
    this.#open.splice(this.#open.indexOf(press), 1);
    this.#remember(press.timestamp);
    const durationMs = Math.round((press.durationBefore + press.duration) / UNITS_PER_MS);
    this.#listener.released({ digit: press.digit, durationMs });
  }

  #remember(timestamp: number): void {
    this.#ended.push(timestamp);
    if (this.#ended.length > MAX_REMEMBERED) this.#ended.shift();
  }
}

function isBefore(earlier: number, later: number): boolean {
  return ((later - earlier) | 0) > 0;
}
