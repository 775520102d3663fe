import { randomBytes } from 'node:crypto';
import type { TransactionLayer } from './client-transaction.js';
import { parseVia } from './sip-address.js';
import { SipHeaders, type SipRequest, type SipResponse } from './sip-text.js';
import type { Peer } from './sip-wire.js';

/** RFC 3261 section 17.2, and the repetition of 2xx that section 13.3.1.4 asks of the answering side. */
export class ServerTransaction {
  finalStatus = 0;
  /** Of a CANCEL: the INVITE it means. */
  cancels: ServerTransaction | undefined;
  /** The CANCEL of this INVITE, when one came. */
  canceledBy: SipRequest | undefined;
  /** Runs when it comes. */
  onCancel: (cancel: SipRequest) => void = () => undefined;
  /** No ACK within 64 × T1 of the final response to an INVITE. */
  onUnacknowledged: () => void = () => undefined;
  #last: SipResponse | undefined;
  #stopRepeating: () => void = () => undefined;
  #stopWaiting: () => void = () => undefined;

  constructor(
    private readonly owner: TransactionLayer,
    readonly request: SipRequest,
    readonly peer: Peer,
  ) {}

  /** Copies what a response must repeat of its request; `toTag` marks our side of the dialog. */
  respond(
    status: number,
    phrase: string,
    options: { toTag?: string; headers?: SipHeaders; body?: string } = {},
  ): SipResponse {
    const headers = new SipHeaders();
    for (const [index, value] of this.request.headers.all('Via').entries())
      headers.add('Via', index === 0 ? this.#stampedVia(value) : value);
    for (const value of this.request.headers.all('Record-Route')) headers.add('Record-Route', value);
    headers.add('From', this.request.headers.get('From'));
    const to = this.request.headers.get('To');
    headers.add('To', /;\s*tag=/i.test(to) || status === 100 ? to : `${to};tag=${options.toTag ?? newTag()}`);
    headers.add('Call-ID', this.request.headers.get('Call-ID'));
    headers.add('CSeq', this.request.headers.get('CSeq'));
    for (const { name, value } of options.headers?.entries() ?? []) headers.add(name, value);
    const response: SipResponse = { kind: 'response', status, phrase, headers, body: options.body ?? '' };
    this.#last = response;
    this.owner.wire.send(response, this.peer);
    if (status >= 200) {
      this.finalStatus = status;
      if (this.request.method === 'INVITE') this.#untilAcknowledged();
    }
    return response;
  }

  acknowledged(): void {
    this.#stopRepeating();
    this.#stopWaiting();
  }

  repeatLast(): void {
    // A 2xx is repeated by its own timer, everything else by the request's repetition.
    if (this.#last) this.owner.wire.send(this.#last, this.peer);
  }

  #untilAcknowledged(): void {
    const { t1Ms, t2Ms } = this.owner.timers;
    this.#stopWaiting = this.owner.running.after(64 * t1Ms, () => {
      this.#stopRepeating();
      this.onUnacknowledged();
    });
    // A refusal over TCP cannot be lost; an acceptance may be, at a proxy behind it.
    if (this.peer.transport === 'tcp' && this.finalStatus >= 300) return;
    const repeatAfter = (delayMs: number): void => {
      this.#stopRepeating = this.owner.running.after(delayMs, () => {
        this.repeatLast();
        repeatAfter(Math.min(delayMs * 2, t2Ms));
      });
    };
    repeatAfter(t1Ms);
  }

  /** RFC 3581: says where the request came from. */
  #stampedVia(value: string): string {
    const via = parseVia(value);
    const { host, port } = this.peer;
    const stamped = via.params.rport === '' ? value.replace(/;\s*rport(?==|;|$)/i, `;rport=${port}`) : value;
    return `${stamped};received=${host}`;
  }
}

export function newTag(): string {
  return randomBytes(6).toString('hex');
}
