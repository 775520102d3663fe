import type { CarrierListener, CarrierState, OutgoingText, PartResult } from '#carriers/carrier.js';
import type { Adapters, OpenCarrier, OpenWith } from '#carriers/carrier-set.js';
import type { Clock, Timer } from '#clock.js';

/** So many texts in a row of which nobody knows what became: from then on it gets one at a time, until it answers. */
export const UNKNOWN_IN_A_ROW = 5;
/** A rest is twice as long each time, until something is answered. */
export const FIRST_REST_MS = 1000;
export const LONGEST_REST_MS = 300_000;
/** A text that comes while another one is on its way to find out waits so long. */
const NEXT_ASKED_MS = 1000;

/**
 * The same adapters, used with care. A carrier that takes texts and says nothing gets few of them instead of all that
 * wait: each would end `unknown` (rule 18). And a service over HTTP that failed is asked again by itself, since texts take
 * other carriers meanwhile and would never find out that it works again.
 */
export function careful(adapters: Adapters, clock: Clock): Adapters {
  const wrapped = Object.entries(adapters).map(([kind, open]) => [
    kind,
    ((config, listener) =>
      new CarefulCarrier({ id: config.id, reconnects: config.kind === 'smpp', clock, listener }, (inner) =>
        (open as OpenWith)(config, inner),
      ).open()) satisfies OpenWith,
  ]);
  return Object.fromEntries(wrapped) as Adapters;
}

interface Surroundings {
  id: string;
  /** It opens its connection again by itself, and says so. */
  reconnects: boolean;
  clock: Clock;
  listener: CarrierListener;
}

class CarefulCarrier {
  readonly #inner: OpenCarrier;
  #unknowns = 0;
  #underWay = 0;
  #rests = 0;
  #restingUntil = 0;
  #timer: Timer | undefined;
  /** What the carrier said last of itself. */
  #said: CarrierState | undefined;
  #told = '';
  #closed = false;

  constructor(
    private readonly around: Surroundings,
    open: (listener: CarrierListener) => OpenCarrier,
  ) {
    const { listener } = around;
    this.#inner = open({
      onReceipt: (...told) => listener.onReceipt(...told),
      onMessage: (...told) => listener.onMessage(...told),
      onState: (_id, state) => this.#hear(state),
    });
    // What was written down of it may be of another life, in which it failed.
    if (!around.reconnects)
      this.#timer = around.clock.after(FIRST_REST_MS, () => void this.#ask('It was not asked yet.'));
  }

  open(): OpenCarrier {
    const inner = this.#inner;
    return {
      window: inner.window,
      submit: (text) => this.#submit(text),
      ...(inner.fileHeaders === undefined ? {} : { fileHeaders: (url) => inner.fileHeaders!(url) }),
      ...(inner.probe === undefined ? {} : { probe: () => inner.probe!() }),
      ...(inner.callback === undefined ? {} : { callback: (request) => inner.callback!(request) }),
      close: () => {
        this.#closed = true;
        this.#timer?.cancel();
        return inner.close();
      },
    };
  }

  async #submit(text: OutgoingText): Promise<PartResult[]> {
    const restMs = this.#restingUntil - this.around.clock.now();
    if (!this.#closed && this.#isDoubtful && (this.#underWay > 0 || restMs > 0)) {
      const retryAfterMs = Math.max(NEXT_ASKED_MS, restMs);
      return text.parts.map(() => ({ kind: 'throttled', code: 'no_answers', retryAfterMs }));
    }
    this.#underWay += 1;
    try {
      const results = await this.#inner.submit(text);
      this.#judge(results);
      return results;
    } finally {
      this.#underWay -= 1;
    }
  }

  get #isDoubtful(): boolean {
    return this.#unknowns >= UNKNOWN_IN_A_ROW;
  }

  #judge(results: readonly PartResult[]): void {
    const silences = results.flatMap((result) =>
      result.kind === 'unknown' || result.kind === 'unreachable' ? [result] : [],
    );
    const [silent] = silences;
    if (silent === undefined || silences.length < results.length) return this.#answered();
    if (silent.kind === 'unknown') this.#unknowns += 1;
    if (this.#isDoubtful || !this.around.reconnects) this.#rest(silent.detail);
  }

  #answered(): void {
    this.#unknowns = 0;
    this.#rests = 0;
    if (this.#restingUntil === 0) return;
    this.#restingUntil = 0;
    this.#timer?.cancel();
    if (!this.around.reconnects) this.#said = { up: true, detail: 'It answers.' };
    this.#tell(this.#said);
  }

  #hear(state: CarrierState): void {
    this.#said = state;
    if (!state.up && !this.around.reconnects) return this.#rest(state.detail);
    if (this.around.clock.now() >= this.#restingUntil) this.#tell(state);
  }

  /** Not twice at once: what was under way together fails together. */
  #rest(why: string): void {
    const now = this.around.clock.now();
    if (now < this.#restingUntil || this.#closed) return;
    const restMs = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** this.#rests++);
    this.#restingUntil = now + restMs;
    this.#timer?.cancel();
    this.#timer = this.around.clock.after(restMs, () => void this.#ask('It is tried again.'));
    this.#tell({ up: false, detail: why });
  }

  /** By its own means, else by the next text. */
  async #ask(otherwise: string): Promise<void> {
    if (this.around.reconnects) return this.#tell(this.#said);
    const untilThen = this.#restingUntil;
    const state = await (this.#inner.probe?.() ?? { up: true, detail: otherwise });
    // A text may have found out meanwhile.
    if (this.#restingUntil === untilThen) this.#hear(state);
  }

  #tell(state: CarrierState | undefined): void {
    if (state === undefined || this.#closed || this.#told === `${state.up} ${state.detail}`) return;
    this.#told = `${state.up} ${state.detail}`;
    this.around.listener.onState(this.around.id, state);
  }
}
