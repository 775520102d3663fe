import type { SipRequest, SipResponse } from '#voice/sip/message.js';
import { TimerSet } from '#voice/sip/timer-set.js';
import type { TransactionContext } from '#voice/sip/transaction-context.js';
import type { ServerTransaction } from '#voice/sip/transport.js';

/**
 * The non-INVITE server transaction: RFC 3261 section 17.2.2. One that gets no final response ends when the client's own
 * timer F has run out: no response is of use to it any more (RFC 4320).
 */
export class NonInviteServerTransaction implements ServerTransaction {
  #state: 'trying' | 'proceeding' | 'completed' | 'terminated' = 'trying';
  readonly #timers: TimerSet<'J'>;
  #lastResponse: SipResponse | undefined;

  constructor(
    readonly request: SipRequest,
    private readonly context: TransactionContext,
  ) {
    this.#timers = new TimerSet(context.clock);
    this.#startTimerJ();
  }

  get state() {
    return this.#state;
  }

  /** Only an INVITE can be cancelled. */
  onCancel(): void {}

  /** Only an INVITE waits for an ACK. */
  onFailed(): void {}

  respond(response: SipResponse): void {
    if (this.#state !== 'trying' && this.#state !== 'proceeding') return;
    this.#lastResponse = response;
    this.#state = response.status < 200 ? 'proceeding' : 'completed';
    this.context.send(response);
    if (this.#state !== 'completed') return;
    if (this.context.isReliable) this.terminate();
    else this.#startTimerJ();
  }

  #startTimerJ(): void {
    this.#timers.start('J', 64 * this.context.timers.t1Ms, () => this.terminate());
  }

  /** The same request came again. */
  receiveAgain(): void {
    if (this.#lastResponse !== undefined) this.context.send(this.#lastResponse);
  }

  transportFailed(): void {
    this.terminate();
  }

  dismiss(response?: SipResponse): void {
    if (response !== undefined && this.#state !== 'terminated') this.context.send(response);
    this.terminate();
  }

  terminate(): void {
    if (this.#state === 'terminated') return;
    this.#state = 'terminated';
    this.#timers.cancelAll();
    this.context.onTerminated();
  }
}
