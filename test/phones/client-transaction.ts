import { SipHeaders, type SipRequest, type SipResponse } from './sip-text.js';
import type { Peer, SipWire } from './sip-wire.js';
import type { Timers } from './watch.js';

/** RFC 3261 section 17.1.1.1, milliseconds. */
export interface SipTimers {
  t1Ms: number;
  t2Ms: number;
}

/** What transactions of one phone share. */
export interface TransactionLayer {
  wire: SipWire;
  timers: SipTimers;
  /** All its timers, stopped with the phone. */
  running: Timers;
}

/** RFC 3261 section 17.1: both client machines, told apart by the method. */
export class ClientTransaction {
  /** Zero until a final response came. */
  finalStatus = 0;
  #provisional = false;
  #stopRepeating: () => void = () => undefined;
  readonly #stopWaiting: () => void;

  constructor(
    private readonly owner: TransactionLayer,
    readonly request: SipRequest,
    readonly peer: Peer,
    private readonly onResponse: (response: SipResponse) => void,
    onTimeout: () => void,
  ) {
    const { running, timers } = owner;
    const { t1Ms } = timers;
    this.#stopWaiting = running.after(64 * t1Ms, () => {
      this.#stopRepeating();
      onTimeout();
    });
    owner.wire.send(request, peer);
    if (peer.transport === 'udp') this.#repeatAfter(t1Ms);
  }

  receive(response: SipResponse): void {
    const invite = this.request.method === 'INVITE';
    if (response.status < 200) {
      this.#provisional = true;
      if (invite) {
        this.#stopRepeating();
        this.#stopWaiting();
      }
      if (this.finalStatus === 0) this.onResponse(response);
      return;
    }
    this.#stopRepeating();
    this.#stopWaiting();
    const first = this.finalStatus === 0;
    if (first) this.finalStatus = response.status;
    if (invite && response.status >= 300) this.#acknowledge(response);
    if (first || (invite && response.status < 300)) this.onResponse(response);
  }

  /** A non-2xx is acknowledged within the transaction: same branch, To of the response (section 17.1.1.3). */
  #acknowledge(response: SipResponse): void {
    const headers = copyHeaders(this.request.headers, ['From', 'Call-ID', 'Route', 'Max-Forwards']);
    headers.prepend('Via', this.request.headers.get('Via'));
    headers.add('To', response.headers.get('To'));
    headers.add('CSeq', `${parseInt(this.request.headers.get('CSeq'))} ACK`);
    this.owner.wire.send({ kind: 'request', method: 'ACK', uri: this.request.uri, headers, body: '' }, this.peer);
  }

  #repeatAfter(delayMs: number): void {
    const { t2Ms } = this.owner.timers;
    this.#stopRepeating = this.owner.running.after(delayMs, () => {
      this.owner.wire.send(this.request, this.peer);
      const invite = this.request.method === 'INVITE';
      this.#repeatAfter(invite ? delayMs * 2 : this.#provisional ? t2Ms : Math.min(delayMs * 2, t2Ms));
    });
  }
}

export function copyHeaders(from: SipHeaders, names: readonly string[]): SipHeaders {
  const headers = new SipHeaders();
  for (const name of names) for (const value of from.all(name)) headers.add(name, value);
  return headers;
}
