/**
 * Provisional answers of ours that are sure to arrive (RFC 3262 section 3): one after the other, each sent again after T1,
 * 2·T1, 4·T1 … until its PRACK, and given up after 64·T1.
 */
import { parseCSeq } from '#voice/sip/cseq.js';
import type { SipRequest, SipResponse } from '#voice/sip/message.js';
import type { Signalling } from '#voice/sip/signalling.js';
import { TimerSet } from '#voice/sip/timer-set.js';
import type { ServerTransaction } from '#voice/sip/transport.js';

const GIVE_UP_AFTER_T1 = 64;
/** That wait for the one before them. */
const MAX_QUEUED = 8;
/** RSeq begins anywhere below that (section 7.1). */
const FIRST_SEQUENCE_LIMIT = 2 ** 31;

export class ReliableProvisionals {
  readonly #signalling: Signalling;
  readonly #transaction: ServerTransaction;
  readonly #onGivenUp: () => void;
  readonly #timers: TimerSet<'again' | 'giveUp'>;
  readonly #queue: SipResponse[] = [];
  #sequence: number;
  #open: SipResponse | undefined;

  constructor(signalling: Signalling, transaction: ServerTransaction, onGivenUp: () => void) {
    this.#signalling = signalling;
    this.#transaction = transaction;
    this.#onGivenUp = onGivenUp;
    this.#timers = new TimerSet(signalling.clock);
    this.#sequence = Math.floor(signalling.random() * (FIRST_SEQUENCE_LIMIT - 1));
  }

  /** A 2xx has to wait until every one of them has arrived. */
  get isIdle(): boolean {
    return this.#open === undefined && this.#queue.length === 0;
  }

  send(response: SipResponse): void {
    if (this.#open !== undefined) {
      if (this.#queue.length < MAX_QUEUED) this.#queue.push(response);
      return;
    }
    this.#open = response;
    this.#sequence += 1;
    response.headers.add('Require', '100rel');
    response.headers.add('RSeq', String(this.#sequence));
    this.#transaction.respond(response);
    this.#repeatAfter(this.#signalling.waits.t1, response);
    this.#timers.start('giveUp', GIVE_UP_AFTER_T1 * this.#signalling.waits.t1, () => {
      this.stop();
      this.#onGivenUp();
    });
  }

  /** What the PRACK is for; undefined: nothing that waits for one. `next` follows its answer. */
  acknowledge(prack: SipRequest): SipResponse | undefined {
    const [sequence, ...cseq] = (prack.headers.get('RAck') ?? '').trim().split(/\s+/);
    const invite = parseCSeq(this.#transaction.request.headers.get('CSeq') ?? '');
    const acknowledged = this.#open;
    if (sequence !== String(this.#sequence) || cseq.join(' ') !== `${invite.number} ${invite.method}`) return undefined;
    this.stop();
    return acknowledged;
  }

  /** Sends what has waited for a PRACK. */
  next(): void {
    const next = this.#open === undefined ? this.#queue.shift() : undefined;
    if (next !== undefined) this.send(next);
  }

  /** Nothing is sent again: the final answer goes out. Idempotent. */
  stop(): void {
    this.#open = undefined;
    this.#timers.cancelAll();
  }

  #repeatAfter(waitMs: number, response: SipResponse): void {
    this.#timers.start('again', waitMs, () => {
      this.#transaction.respond(response);
      this.#repeatAfter(2 * waitMs, response);
    });
  }
}
