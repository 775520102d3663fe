import { randomBytes } from 'node:crypto';
import { parseVia } from './sip-address.js';
import { ClientTransaction, copyHeaders, type SipTimers, type TransactionLayer } from './client-transaction.js';
import { ServerTransaction } from './server-transaction.js';
import { type SipMessage, type SipRequest, type SipResponse } from './sip-text.js';
import type { Peer, SipWire } from './sip-wire.js';
import { Timers } from './watch.js';

/** Sends requests until they are answered and answers repeated requests with the same response, in real time. */
export class Transactions implements TransactionLayer {
  onRequest: (request: SipRequest, transaction: ServerTransaction) => void = () => undefined;
  onAck: (ack: SipRequest) => void = () => undefined;
  /** An INVITE that came again while its transaction lives. */
  onRepeatedInvite: () => void = () => undefined;
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #servers = new Map<string, ServerTransaction>();
  readonly running = new Timers();

  constructor(
    readonly wire: SipWire,
    readonly timers: SipTimers,
  ) {
    wire.onMessage = (message, peer) => this.#receive(message, peer);
  }

  /** `onResponse` gets every response, 2xx to INVITE also when repeated; `onTimeout` runs after 64 × T1 of silence. */
  request(
    request: SipRequest,
    to: Peer,
    onResponse: (response: SipResponse) => void,
    onTimeout: () => void,
  ): ClientTransaction {
    const branch = newBranch();
    request.headers.prepend('Via', this.via(branch));
    const transaction = new ClientTransaction(this, request, to, onResponse, () => {
      this.#clients.delete(`${branch} ${request.method}`);
      onTimeout();
    });
    this.#clients.set(`${branch} ${request.method}`, transaction);
    return transaction;
  }

  /** An ACK to a 2xx, or any request that expects nothing: sent once, outside a transaction. */
  sendOnce(request: SipRequest, to: Peer): void {
    request.headers.prepend('Via', this.via(newBranch()));
    this.wire.send(request, to);
  }

  /** CANCEL carries the branch of the INVITE it ends (RFC 3261 section 9.1). */
  cancel(invite: ClientTransaction, reason: string | undefined): void {
    const headers = copyHeaders(invite.request.headers, ['From', 'To', 'Call-ID', 'Route', 'Max-Forwards']);
    headers.prepend('Via', invite.request.headers.get('Via'));
    headers.add('CSeq', `${parseInt(invite.request.headers.get('CSeq'))} CANCEL`);
    if (reason !== undefined) headers.add('Reason', reason);
    const request: SipRequest = { kind: 'request', method: 'CANCEL', uri: invite.request.uri, headers, body: '' };
    const branch = parseVia(headers.get('Via')).params.branch ?? '';
    const ignore = (): void => undefined;
    this.#clients.set(`${branch} CANCEL`, new ClientTransaction(this, request, invite.peer, ignore, ignore));
  }

  via(branch: string): string {
    const { transport, host, port } = this.wire;
    return `SIP/2.0/${transport.toUpperCase()} ${host}:${port};branch=${branch};rport`;
  }

  close(): void {
    this.running.close();
  }

  #receive(message: SipMessage, peer: Peer): void {
    const via = parseVia(message.headers.get('Via'));
    const branch = via.params.branch ?? '';
    if (message.kind === 'response') {
      const method = message.headers.get('CSeq').split(/\s+/)[1] ?? '';
      this.#clients.get(`${branch} ${method}`)?.receive(message);
      return;
    }
    const name = (method: string): string => `${branch} ${via.sentBy} ${method}`;
    if (message.method === 'ACK') {
      const invite = this.#servers.get(name('INVITE'));
      if (invite && invite.finalStatus >= 300) invite.acknowledged();
      else this.onAck(message);
      return;
    }
    const known = this.#servers.get(name(message.method));
    if (known) {
      if (message.method === 'INVITE') this.onRepeatedInvite();
      known.repeatLast();
      return;
    }
    const transaction = new ServerTransaction(this, message, peer);
    this.#servers.set(name(message.method), transaction);
    if (message.method === 'CANCEL') transaction.cancels = this.#servers.get(name('INVITE'));
    this.onRequest(message, transaction);
  }
}

/** The magic cookie of RFC 3261 section 8.1.1.7 and enough chance. */
function newBranch(): string {
  return `z9hG4bK${randomBytes(9).toString('hex')}`;
}
