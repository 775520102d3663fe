import { createResponse } from '#voice/sip/create-response.js';
import { HeldClock } from '#voice/sip/held-clock.fixture.js';
import { LossyWire } from '#voice/sip/lossy-wire.fixture.js';
import { Headers, type SipRequest } from '#voice/sip/message.js';
import { TransactionLayer } from '#voice/sip/transaction-layer.js';
import type { ClientUser, Peer, ServerTransaction, TransportName } from '#voice/sip/transport.js';

/** Two hosts with a transaction layer each; bob answers by hand or by `answers`. */
export function twoHosts(options: { transport?: TransportName; delayMs?: number; maxTransactions?: number } = {}) {
  const clock = new HeldClock();
  const wire = new LossyWire(clock, options.delayMs);
  const alice = wire.host('alice', options.transport);
  const bob = wire.host('bob', options.transport);
  const aliceLayer = new TransactionLayer({ transport: alice, clock });
  const { maxTransactions } = options;
  const bobLayer = new TransactionLayer({
    transport: bob,
    clock,
    ...(maxTransactions === undefined ? {} : { maxTransactions }),
  });
  const received: { request: SipRequest; from: Peer; transaction: ServerTransaction | undefined }[] = [];
  bobLayer.onRequest((request, from, transaction) => received.push({ request, from, transaction }));
  return {
    clock,
    wire,
    alice,
    bob,
    aliceLayer,
    bobLayer,
    received,
    /** The server transaction of the n-th request that bob's upper layer was given. */
    serverOf: (index = 0): ServerTransaction => {
      const transaction = received[index]?.transaction;
      if (transaction === undefined) throw new Error(`bob was given no request ${index} with a transaction`);
      return transaction;
    },
    call: (method: string, user: ClientUser, parts: RequestParts = {}) =>
      aliceLayer.request(newRequest(method, parts), bob.peer, user),
  };
}

export interface RequestParts {
  callId?: string;
  toTag?: string;
  headers?: [string, string][];
}

export function newRequest(method: string, { callId = 'call-1', toTag, headers = [] }: RequestParts = {}): SipRequest {
  return {
    kind: 'request',
    method,
    uri: 'sip:bob@bob',
    headers: Headers.of([
      ['From', '<sip:alice@alice>;tag=a1'],
      ['To', toTag === undefined ? '<sip:bob@bob>' : `<sip:bob@bob>;tag=${toTag}`],
      ['Call-ID', callId],
      ['CSeq', `7 ${method}`],
      ...headers,
    ]),
    body: Buffer.alloc(0),
  };
}

/** Notes what a client transaction tells its user. */
export function noting(): ClientUser & { notes: string[] } {
  const notes: string[] = [];
  return {
    notes,
    onResponse: (response) => void notes.push(String(response.status)),
    onTimeout: () => void notes.push('timeout'),
    onTransportError: (error) => void notes.push(`failed: ${error.message}`),
  };
}

export function answer(transaction: ServerTransaction, status: number): void {
  transaction.respond(createResponse(transaction.request, status, { toTag: 'b1' }));
}

/** As long as any transaction can live. */
export const ALL_OVER_MS = 200_000;
