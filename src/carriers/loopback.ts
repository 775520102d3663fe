import {
  LOOPBACK,
  type CarrierListener,
  type IncomingText,
  type OutgoingText,
  type PartResult,
  type Receipt,
} from '#carriers/carrier.js';
import type { OpenCarrier } from '#carriers/carrier-set.js';
import { ANSWER_MS, fateOf, PICTURE, REPLY_MS, type Fate } from '#carriers/loopback-fates.js';
import type { Clock, Timer } from '#clock.js';

const WINDOW = 500;
/** Texts whose throttling is remembered. */
const MOST_THROTTLED = 10_000;
const THROTTLED_MS = 2000;
/** What cannot be written down is told again, so often. */
const MOST_TELLINGS = 5;
const TELL_AGAIN_MS = 1000;
/** One person answers no more often. */
const REPLIES_APART_MS = 60_000;

/**
 * The carrier of test keys: nothing leaves the machine, and the recipient's number chooses what happens. What it still
 * has to report is lost when it is closed.
 */
export function loopbackCarrier(clock: Clock, listener: CarrierListener): OpenCarrier {
  return new Loopback(clock, listener);
}

class Loopback implements OpenCarrier {
  readonly window = WINDOW;
  readonly #timers = new Set<Timer>();
  /** Ends what waits for an answer. */
  readonly #waiting = new Set<() => void>();
  /** People who answered a moment ago. */
  readonly #answering = new Set<string>();
  readonly #throttled = new Map<string, number>();
  #closed = false;

  constructor(
    private readonly clock: Clock,
    private readonly listener: CarrierListener,
  ) {}

  async submit(text: OutgoingText): Promise<PartResult[]> {
    if (this.#closed) return text.parts.map(() => ({ kind: 'unreachable', detail: 'It is closed.' }));
    const fate = fateOf(text.to);
    const result = this.#answer(text, fate);
    const taken = result === 'accepted' || result.kind === 'unknown';
    if (taken) this.#report(text, fate);
    return new Promise<PartResult[]>((resolve) => {
      const answer = (given: (part: number) => PartResult): void => {
        this.#waiting.delete(lose);
        resolve(text.parts.map(({ part }) => given(part)));
      };
      const lose = (): void => answer(() => LOST);
      this.#waiting.add(lose);
      this.#after(ANSWER_MS, () =>
        answer((part) => (result === 'accepted' ? { kind: 'accepted', theirId: idOf(text, part) } : result)),
      );
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    for (const lose of [...this.#waiting]) lose();
  }

  #answer({ id }: OutgoingText, { answer }: Fate): 'accepted' | PartResult {
    switch (answer?.kind) {
      case undefined:
        return 'accepted';
      case 'refused':
        return answer;
      case 'lost':
        return LOST;
      case 'throttled': {
        const times = (this.#throttled.get(id) ?? 0) + 1;
        this.#throttled.delete(id);
        if (times > answer.times) return 'accepted';
        if (this.#throttled.size >= MOST_THROTTLED) this.#throttled.clear();
        this.#throttled.set(id, times);
        return { kind: 'throttled', code: '88', retryAfterMs: THROTTLED_MS };
      }
    }
  }

  #report(text: OutgoingText, { receipts = [], reply, withPicture = false }: Fate): void {
    const { from, to } = text;
    for (const { afterMs, state, code } of receipts) {
      for (const { part } of text.parts) {
        const receipt: Receipt = {
          theirId: idOf(text, part),
          state,
          from,
          to,
          ...(code === undefined ? {} : { code }),
        };
        this.#after(afterMs, () => this.#tell(() => this.listener.onReceipt(LOOPBACK, receipt)));
      }
    }
    const [first] = receipts;
    if (reply === undefined || first === undefined) return;
    // What answers an answer would be answered for ever.
    if (this.#answering.has(to)) return;
    this.#answering.add(to);
    this.#after(first.afterMs + REPLIES_APART_MS, () => this.#answering.delete(to));
    const message: IncomingText = {
      ...{ theirId: `${idOf(text, 0)}-reply`, from: to, to: from, text: reply },
      ...(withPicture ? { media: [{ url: PICTURE, type: 'image/png' }] } : {}),
    };
    this.#after(first.afterMs + REPLY_MS, () => this.#tell(() => this.listener.onMessage(LOOPBACK, message)));
  }

  #tell(telling: () => Promise<void>, times = 1): void {
    telling().catch(() => {
      if (times < MOST_TELLINGS) this.#after(TELL_AGAIN_MS, () => this.#tell(telling, times + 1));
    });
  }

  #after(ms: number, run: () => void): void {
    const timer = this.clock.after(ms, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }
}

const LOST: PartResult = { kind: 'unknown', detail: 'The connection was lost before the answer came.' };

function idOf({ id }: OutgoingText, part: number): string {
  return `${id}-${part}`;
}
