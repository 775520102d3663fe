import type { Clock } from '#clock.js';
import type { SipMessage } from '#voice/sip/message.js';
import type { TransactionTimers } from '#voice/sip/transaction-timers.js';

/** What a transaction's state machine is given by the layer that keeps it. */
export interface TransactionContext {
  clock: Clock;
  timers: TransactionTimers;
  /** TCP: nothing is retransmitted, and nothing is waited for at the end. */
  isReliable: boolean;
  /** Goes to the transaction's one peer. A failure comes back, later, as `transportFailed`. */
  send(message: SipMessage): void;
  /** Called once, on entering the Terminated state. */
  onTerminated(): void;
}
