import type { Clock, Timer } from '#clock.js';
import { SmppSession, type BindAs, type SessionListener } from '#carriers/smpp-session.js';
import type { SmppSetup } from '#carriers/smpp-settings.js';

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 60_000;

export interface LinkListener extends Pick<SessionListener, 'onDelivery'> {
  /** It was bound, or is no more. */
  onChange(): void;
}

/** A place for a connection that is opened again whenever it ends, each time later than before, and never in step. */
export class SmppLink {
  #session: SmppSession;
  #tries = 0;
  #again: Timer | undefined;
  #closed = false;
  /** Why there is no connection; undefined while there is one. */
  trouble: string | undefined = 'connecting';

  constructor(
    private readonly settings: SmppSetup,
    readonly as: BindAs,
    private readonly listener: LinkListener,
    private readonly deps: { clock: Clock; random: () => number },
  ) {
    this.#session = this.#open();
  }

  /** The one of this moment. */
  get session(): SmppSession {
    return this.#session;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#again?.cancel();
    await this.#session.close();
  }

  #open(): SmppSession {
    return new SmppSession(this.settings, this.as, this.deps.clock, {
      onBound: () => {
        this.#tries = 0;
        this.trouble = undefined;
        this.listener.onChange();
      },
      onDelivery: (pdu) => this.listener.onDelivery(pdu),
      onEnd: (detail) => {
        this.trouble = detail;
        this.listener.onChange();
        if (this.#closed) return;
        const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#tries++);
        this.#again = this.deps.clock.after(delayMs * (0.5 + this.deps.random() / 2), () => {
          this.#session = this.#open();
        });
      },
    });
  }
}
