import type { SipRequest, SipResponse } from '#voice/sip/message.js';
import { createResponse } from '#voice/sip/create-response.js';
import { TimerSet } from '#voice/sip/timer-set.js';
import type { TransactionContext } from '#voice/sip/transaction-context.js';
import type { ServerTransaction } from '#voice/sip/transport.js';

/** The INVITE server transaction: RFC 3261 section 17.2.1 as changed by RFC 6026 section 8.7. */
export class InviteServerTransaction implements ServerTransaction {
  #state: 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated' = 'proceeding';
  readonly #timers: TimerSet<'trying' | 'G' | 'H' | 'I' | 'L'>;
  #lastResponse: SipResponse | undefined;
  #cancel: SipRequest | undefined;
  #cancelListener: ((cancel: SipRequest) => void) | undefined;
  #failedListener: ((why: string) => void) | undefined;

  constructor(
    readonly request: SipRequest,
    private readonly context: TransactionContext,
  ) {
    this.#timers = new TimerSet(context.clock);
    this.#timers.start('trying', context.timers.tryingMs, () => this.respond(createResponse(request, 100)));
  }

  get state() {
    return this.#state;
  }

  get lastResponse(): SipResponse | undefined {
    return this.#lastResponse;
  }

  onCancel(listener: (cancel: SipRequest) => void): void {
    this.#cancelListener = listener;
    if (this.#cancel !== undefined && this.#state === 'proceeding') listener(this.#cancel);
  }

  onFailed(listener: (why: string) => void): void {
    this.#failedListener = listener;
  }

  respond(response: SipResponse): void {
    const { status } = response;
    if (this.#state === 'accepted' && status >= 200 && status < 300) {
      this.context.send(response);
    } else if (this.#state === 'proceeding') {
      this.#timers.cancel('trying');
      this.#lastResponse = response;
      this.context.send(response);
      if (status >= 300) this.#refuse(response);
      else if (status >= 200) this.#accept();
    }
  }

  #accept(): void {
    this.#state = 'accepted';
    this.#timers.start('L', 64 * this.context.timers.t1Ms, () => this.terminate());
  }

  #refuse(response: SipResponse): void {
    const { t1Ms } = this.context.timers;
    this.#state = 'completed';
    this.#timers.start('H', 64 * t1Ms, () => this.#fail('no ACK came for the final response'));
    if (!this.context.isReliable) this.#retransmitAfter(t1Ms, response);
  }

  #retransmitAfter(delayMs: number, response: SipResponse): void {
    this.#timers.start('G', delayMs, () => {
      this.context.send(response);
      this.#retransmitAfter(Math.min(delayMs * 2, this.context.timers.t2Ms), response);
    });
  }

  /** The same INVITE came again. In Accepted nothing is sent: the layer above repeats its 2xx by its own timer. */
  receiveAgain(): void {
    if (this.#state !== 'proceeding' && this.#state !== 'completed') return;
    if (this.#lastResponse !== undefined) this.context.send(this.#lastResponse);
  }

  /** True when the ACK belongs to this transaction and ends here; false when it is the layer above's. */
  receiveAck(): boolean {
    if (this.#state === 'accepted') return false;
    if (this.#state === 'completed') {
      this.#state = 'confirmed';
      this.#timers.cancelAll();
      if (this.context.isReliable) this.terminate();
      else this.#timers.start('I', this.context.timers.t4Ms, () => this.terminate());
    }
    return true;
  }

  /** A CANCEL for this INVITE; without effect after a final response (RFC 3261 section 9.2). */
  receiveCancel(cancel: SipRequest): void {
    if (this.#state !== 'proceeding' || this.#cancel !== undefined) return;
    this.#cancel = cancel;
    this.#cancelListener?.(cancel);
  }

  /** A 2xx that could not be sent is repeated by the layer above, so it is not yet a failure. */
  transportFailed(error: Error): void {
    if (this.#state === 'proceeding' || this.#state === 'completed') this.#fail(error.message);
  }

  #fail(why: string): void {
    this.terminate();
    this.#failedListener?.(why);
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
