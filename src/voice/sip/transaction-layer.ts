import type { Clock } from '#clock.js';
import { InviteClientTransaction } from '#voice/sip/client-invite-transaction.js';
import { NonInviteClientTransaction } from '#voice/sip/client-non-invite-transaction.js';
import { createResponse } from '#voice/sip/create-response.js';
import { parseCSeq } from '#voice/sip/cseq.js';
import { newBranch } from '#voice/sip/ids.js';
import type { SipMessage, SipRequest, SipResponse } from '#voice/sip/message.js';
import { tagOf } from '#voice/sip/name-address.js';
import { responsePeer } from '#voice/sip/response-peer.js';
import { InviteServerTransaction } from '#voice/sip/server-invite-transaction.js';
import { NonInviteServerTransaction } from '#voice/sip/server-non-invite-transaction.js';
import { mergeKey, serverTransactionKey } from '#voice/sip/server-transaction-key.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import type { TransactionContext } from '#voice/sip/transaction-context.js';
import { RFC3261_TIMERS, type TransactionTimers } from '#voice/sip/transaction-timers.js';
import type {
  ClientTransaction,
  ClientUser,
  Peer,
  ServerTransaction,
  Transactions,
  Transport,
} from '#voice/sip/transport.js';
import { formatVia, topVia, type Via } from '#voice/sip/via.js';

export interface TransactionLayerOptions {
  transport: Transport;
  clock: Clock;
  timers?: Partial<TransactionTimers>;
  /** Client and server transactions together; see `DEFAULT_MAX_TRANSACTIONS`. */
  maxTransactions?: number;
}

/** Over UDP a finished transaction is remembered for 32 s, so this is some 3,000 new ones a second. */
export const DEFAULT_MAX_TRANSACTIONS = 100_000;
/** This part of them is kept free for requests inside dialogs and CANCEL, so that what is set up can be ended. */
const RESERVED_FOR_DIALOGS = 0.1;
const RETRY_AFTER_SECONDS = 10;
const MAX_FORWARDS = 70;

type AnyClientTransaction = InviteClientTransaction | NonInviteClientTransaction;
type AnyServerTransaction = InviteServerTransaction | NonInviteServerTransaction;
type RequestListener = (request: SipRequest, from: Peer, transaction: ServerTransaction | undefined) => void;

/** Keeps the transactions and brings every message to its own (RFC 3261 sections 17.1.3, 17.2.3, 9.2 and 8.2.2.2). */
export class TransactionLayer implements Transactions {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #timers: TransactionTimers;
  readonly #maxTransactions: number;
  /** By branch and method. */
  readonly #clients = new Map<string, AnyClientTransaction>();
  readonly #servers = new Map<string, AnyServerTransaction>();
  readonly #mergeable = new Map<string, AnyServerTransaction>();
  #listener: RequestListener | undefined;
  #closed = false;

  constructor(options: TransactionLayerOptions) {
    this.#transport = options.transport;
    this.#clock = options.clock;
    this.#timers = { ...RFC3261_TIMERS, ...options.timers };
    this.#maxTransactions = options.maxTransactions ?? DEFAULT_MAX_TRANSACTIONS;
    this.#transport.onMessage((message, from) => this.#receive(message, from));
  }

  /** How many transactions are alive. */
  get size(): number {
    return this.#clients.size + this.#servers.size;
  }

  onRequest(listener: RequestListener): void {
    this.#listener = listener;
  }

  request(request: SipRequest, to: Peer, user: ClientUser): ClientTransaction {
    const branch = newBranch();
    return this.#startClient(this.#withVia(request, to, branch), branch, to, user);
  }

  #startClient(request: SipRequest, branch: string, to: Peer, user: ClientUser): ClientTransaction {
    const key = `${branch}|${request.method}`;
    const context: TransactionContext = {
      clock: this.#clock,
      timers: this.#timers,
      isReliable: to.transport !== 'udp',
      // Later, so that no user is called back while it is still inside `request`.
      send: (message) =>
        this.#transport.send(message, to, (error) => queueMicrotask(() => transaction.transportFailed(error))),
      onTerminated: () => this.#clients.delete(key),
    };
    const transaction: AnyClientTransaction =
      request.method === 'INVITE'
        ? new InviteClientTransaction(request, branch, user, {
            ...context,
            // A CANCEL has the branch of its INVITE (RFC 3261 section 9.1); what becomes of it changes nothing here.
            sendCancel: (cancel) => void this.#startClient(cancel, branch, to, NOBODY),
          })
        : new NonInviteClientTransaction(request, branch, user, context);
    if (this.#closed || this.size >= this.#maxTransactions) {
      const why = this.#closed ? 'the SIP stack is closed' : 'too many SIP transactions';
      queueMicrotask(() => transaction.transportFailed(new Error(why)));
      return transaction;
    }
    this.#clients.set(key, transaction);
    transaction.start();
    return transaction;
  }

  sendDirect(request: SipRequest, to: Peer): void {
    if (this.#closed) return;
    // An ACK that is lost is asked for again by the peer's next 2xx.
    this.#transport.send(this.#withVia(request, to, newBranch()), to, () => undefined);
  }

  #withVia(request: SipRequest, to: Peer, branch: string): SipRequest {
    const local = this.#transport.localAddress(to);
    const via: Via = {
      transport: to.transport.toUpperCase(),
      host: local.address.includes(':') ? `[${local.address}]` : local.address,
      port: local.port,
      params: new Map([
        ['branch', branch],
        ['rport', null],
      ]),
    };
    const headers = request.headers.clone().addFirst('Via', formatVia(via));
    if (headers.get('Max-Forwards') === undefined) headers.add('Max-Forwards', String(MAX_FORWARDS));
    return { ...request, headers };
  }

  #receive(message: SipMessage, from: Peer): void {
    if (this.#closed) return;
    try {
      if (message.kind === 'response') this.#receiveResponse(message, from);
      else this.#receiveRequest(message, from);
    } catch (error) {
      // A transport only hands on what parses; anything else that comes this far is not for us.
      if (!(error instanceof SipParseError)) throw error;
    }
  }

  #receiveResponse(response: SipResponse, from: Peer): void {
    const branch = topVia(response.headers).params.get('branch');
    const { method } = parseCSeq(response.headers.get('CSeq') ?? '');
    this.#clients.get(`${branch ?? ''}|${method}`)?.receive(response, from);
  }

  #receiveRequest(request: SipRequest, from: Peer): void {
    const via = topVia(request.headers);
    if (request.method === 'ACK') {
      const invite = this.#servers.get(serverTransactionKey(request, via, 'INVITE'));
      const isAbsorbed =
        invite instanceof InviteServerTransaction
          ? invite.receiveAck()
          : tagOf(request.headers.get('To') ?? '') === statelessTag(via);
      if (!isAbsorbed) this.#listener?.(request, from, undefined);
      return;
    }
    const key = serverTransactionKey(request, via);
    const known = this.#servers.get(key);
    if (known !== undefined) {
      known.receiveAgain();
      return;
    }
    if (this.#isFullFor(request)) this.#refuseWithoutState(request, via, from);
    else this.#startServer(request, via, from, key);
  }

  #isFullFor(request: SipRequest): boolean {
    const isNew = request.method !== 'CANCEL' && tagOf(request.headers.get('To') ?? '') === undefined;
    return this.size >= this.#maxTransactions * (isNew ? 1 - RESERVED_FOR_DIALOGS : 1);
  }

  #refuseWithoutState(request: SipRequest, via: Via, from: Peer): void {
    const headers: [string, string][] = [['Retry-After', String(RETRY_AFTER_SECONDS)]];
    this.#transport.send(
      createResponse(request, 503, { toTag: statelessTag(via), headers }),
      responsePeer(via, from),
      () => undefined,
    );
  }

  #startServer(request: SipRequest, via: Via, from: Peer, key: string): void {
    const merge = request.method === 'CANCEL' ? undefined : mergeKey(request);
    const isMerged = merge !== undefined && this.#mergeable.has(merge);
    const to = responsePeer(via, from);
    const context: TransactionContext = {
      clock: this.#clock,
      timers: this.#timers,
      isReliable: from.transport !== 'udp',
      send: (message) =>
        this.#transport.send(message, to, (error) => queueMicrotask(() => transaction.transportFailed(error))),
      onTerminated: () => {
        this.#servers.delete(key);
        if (merge !== undefined && !isMerged) this.#mergeable.delete(merge);
      },
    };
    const transaction: AnyServerTransaction =
      request.method === 'INVITE'
        ? new InviteServerTransaction(request, context)
        : new NonInviteServerTransaction(request, context);
    this.#servers.set(key, transaction);
    if (isMerged) transaction.respond(createResponse(request, 482));
    else if (request.method === 'CANCEL') this.#cancel(request, via, transaction);
    else {
      if (merge !== undefined) this.#mergeable.set(merge, transaction);
      this.#handUp(request, from, transaction);
    }
  }

  /** What the layer above cannot parse, it may throw: the answer is then made here. */
  #handUp(request: SipRequest, from: Peer, transaction: ServerTransaction): void {
    try {
      this.#listener?.(request, from, transaction);
    } catch (error) {
      if (!(error instanceof SipParseError)) throw error;
      transaction.respond(createResponse(request, error.status, { reason: error.message }));
    }
  }

  #cancel(cancel: SipRequest, via: Via, transaction: AnyServerTransaction): void {
    const invite = this.#servers.get(serverTransactionKey(cancel, via, 'INVITE'));
    if (!(invite instanceof InviteServerTransaction)) {
      transaction.respond(createResponse(cancel, 481));
      return;
    }
    // The To tag should be that of the INVITE's own responses (section 9.2).
    const toTag = tagOf(invite.lastResponse?.headers.get('To') ?? cancel.headers.get('To') ?? '');
    transaction.respond(createResponse(cancel, 200, toTag === undefined ? {} : { toTag }));
    invite.receiveCancel(cancel);
  }

  /** Forgets all transactions without a word to anyone. The transport is its owner's to close. */
  close(): void {
    this.#closed = true;
    for (const transaction of [...this.#clients.values(), ...this.#servers.values()]) transaction.terminate();
  }
}

/**
 * Without a transaction there is nothing to keep a tag in, so it is made from the request (RFC 3261 section 8.2.7); the
 * ACK, which has the same branch, is known by it.
 */
function statelessTag(via: Via): string {
  return `full${via.params.get('branch')?.replace(/[^A-Za-z0-9]/g, '') ?? ''}`;
}

const NOBODY: ClientUser = {
  onResponse: () => undefined,
  onTimeout: () => undefined,
  onTransportError: () => undefined,
};
