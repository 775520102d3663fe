import type { SipRequest, SipResponse } from '#voice/sip/message.js';
import { TimerSet } from '#voice/sip/timer-set.js';
import type { TransactionContext } from '#voice/sip/transaction-context.js';
import type { ClientTransaction, ClientUser, Peer } from '#voice/sip/transport.js';

/** The non-INVITE client transaction: RFC 3261 section 17.1.2. */
export class NonInviteClientTransaction implements ClientTransaction {
  #state: 'trying' | 'proceeding' | 'completed' | 'terminated' = 'trying';
  readonly #timers: TimerSet<'E' | 'F' | 'K'>;

  constructor(
    readonly request: SipRequest,
    readonly branch: string,
    private readonly user: ClientUser,
    private readonly context: TransactionContext,
  ) {
    this.#timers = new TimerSet(context.clock);
  }

  get state() {
    return this.#state;
  }

  start(): void {
    const { t1Ms } = this.context.timers;
    this.context.send(this.request);
    this.#timers.start('F', 64 * t1Ms, () => this.#timeOut());
    if (!this.context.isReliable) this.#retransmitAfter(t1Ms);
  }

  #retransmitAfter(delayMs: number): void {
    const { t2Ms } = this.context.timers;
    this.#timers.start('E', delayMs, () => {
      this.context.send(this.request);
      this.#retransmitAfter(this.#state === 'proceeding' ? t2Ms : Math.min(delayMs * 2, t2Ms));
    });
  }

  /** Only an INVITE can be cancelled (RFC 3261 section 9.1). */
  cancel(): void {}

  receive(response: SipResponse, from: Peer): void {
    if (this.#state !== 'trying' && this.#state !== 'proceeding') return;
    if (response.status < 200) this.#state = 'proceeding';
    else this.#complete();
    this.user.onResponse(response, from);
  }

  #complete(): void {
    this.#state = 'completed';
    this.#timers.cancelAll();
    if (this.context.isReliable) this.terminate();
    else this.#timers.start('K', this.context.timers.t4Ms, () => this.terminate());
  }

  #timeOut(): void {
    this.terminate();
    this.user.onTimeout();
  }

  transportFailed(error: Error): void {
    if (this.#state !== 'trying' && this.#state !== 'proceeding') return;
    this.terminate();
    this.user.onTransportError(error);
  }

  terminate(): void {
    if (this.#state === 'terminated') return;
    this.#state = 'terminated';
    this.#timers.cancelAll();
    this.context.onTerminated();
  }
}
