import { createAck, createCancel } from '#voice/sip/hop-requests.js';
import type { SipRequest, SipResponse } from '#voice/sip/message.js';
import { TimerSet } from '#voice/sip/timer-set.js';
import type { TransactionContext } from '#voice/sip/transaction-context.js';
import type { ClientTransaction, ClientUser, Peer } from '#voice/sip/transport.js';

export interface InviteClientContext extends TransactionContext {
  /** Sends a CANCEL in a transaction of its own. */
  sendCancel(cancel: SipRequest): void;
}

/** The INVITE client transaction: RFC 3261 section 17.1.1 as changed by RFC 6026 section 8.4. */
export class InviteClientTransaction implements ClientTransaction {
  #state: 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated' = 'calling';
  readonly #timers: TimerSet<'A' | 'B' | 'D' | 'M' | 'cancel'>;
  #cancel: 'no' | 'wanted' | 'sent' = 'no';
  #cancelReason: string | undefined;

  constructor(
    readonly request: SipRequest,
    readonly branch: string,
    private readonly user: ClientUser,
    private readonly context: InviteClientContext,
  ) {
    this.#timers = new TimerSet(context.clock);
  }

  get state() {
    return this.#state;
  }

  start(): void {
    const { t1Ms } = this.context.timers;
    this.context.send(this.request);
    this.#timers.start('B', 64 * t1Ms, () => this.#timeOut());
    if (!this.context.isReliable) this.#retransmitAfter(t1Ms);
  }

  #retransmitAfter(delayMs: number): void {
    this.#timers.start('A', delayMs, () => {
      this.context.send(this.request);
      this.#retransmitAfter(delayMs * 2);
    });
  }

  cancel(reason?: string): void {
    if (this.#cancel !== 'no') return;
    this.#cancelReason = reason;
    if (this.#state === 'calling') this.#cancel = 'wanted';
    else if (this.#state === 'proceeding') this.#sendCancel();
  }

  #sendCancel(): void {
    this.#cancel = 'sent';
    this.context.sendCancel(createCancel(this.request, this.#cancelReason));
    // Section 9.1: a server that never ends a cancelled INVITE is not waited for any longer than this.
    this.#timers.start('cancel', 64 * this.context.timers.t1Ms, () => this.#timeOut());
  }

  receive(response: SipResponse, from: Peer): void {
    switch (this.#state) {
      case 'calling':
      case 'proceeding':
        if (response.status < 200) this.#provisional(response, from);
        else if (response.status < 300) this.#accepted(response, from);
        else this.#refused(response, from);
        break;
      case 'completed':
        if (response.status >= 300) this.context.send(createAck(this.request, response));
        break;
      case 'accepted':
        if (response.status >= 200 && response.status < 300) this.user.onResponse(response, from);
        break;
      case 'terminated':
        break;
    }
  }

  #provisional(response: SipResponse, from: Peer): void {
    this.#state = 'proceeding';
    this.#timers.cancel('A', 'B');
    if (this.#cancel === 'wanted') this.#sendCancel();
    this.user.onResponse(response, from);
  }

  #accepted(response: SipResponse, from: Peer): void {
    this.#state = 'accepted';
    this.#timers.cancelAll();
    this.#timers.start('M', 64 * this.context.timers.t1Ms, () => this.terminate());
    this.user.onResponse(response, from);
  }

  #refused(response: SipResponse, from: Peer): void {
    this.#state = 'completed';
    this.#timers.cancelAll();
    this.context.send(createAck(this.request, response));
    if (this.context.isReliable) this.terminate();
    else this.#timers.start('D', this.context.timers.timerDMs, () => this.terminate());
    this.user.onResponse(response, from);
  }

  #timeOut(): void {
    this.terminate();
    this.user.onTimeout();
  }

  /** After a final response a failed ACK changes nothing for the user. */
  transportFailed(error: Error): void {
    if (this.#state !== 'calling' && this.#state !== 'proceeding') return;
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
