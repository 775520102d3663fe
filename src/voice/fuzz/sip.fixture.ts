import assert from 'node:assert/strict';
import { mutate } from '#voice/fuzz/mutate.fixture.js';
import { below, pick, type Random } from '#voice/fuzz/random.fixture.js';
import { parseAuthHeader } from '#voice/sip/auth-header.js';
import { createResponse } from '#voice/sip/create-response.js';
import { HeldClock } from '#voice/sip/held-clock.fixture.js';
import { LossyWire } from '#voice/sip/lossy-wire.fixture.js';
import type { SipMessage } from '#voice/sip/message.js';
import { parseContacts, parseNameAddresses } from '#voice/sip/name-address.js';
import { BENCH_INVITE } from '#voice/sip/parse-bench.js';
import { parseMessage } from '#voice/sip/parse-message.js';
import { serializeMessage } from '#voice/sip/serialize-message.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import { StreamParser } from '#voice/sip/stream-parser.js';
import { FOR_THE_LAYER_ABOVE, INVALID, VALID } from '#voice/sip/torture.fixture.js';
import { TransactionLayer } from '#voice/sip/transaction-layer.js';
import { viaValues } from '#voice/sip/via.js';

const SEEDS = [
  BENCH_INVITE,
  ...Object.values(VALID),
  ...Object.values(INVALID).map(({ bytes }) => bytes),
  ...Object.values(FOR_THE_LAYER_ABOVE),
];
const MOST_TRANSACTIONS = 100;

/** What `read` gives; undefined when it refuses, which it may do with a SipParseError only. */
export function tried<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SipParseError) return undefined;
    throw error;
  }
}

function damagedMessage(random: Random): SipMessage | undefined {
  return tried(() => parseMessage(mutate(random, pick(random, SEEDS), SEEDS)));
}

function fields(message: SipMessage): (readonly [string, string])[] {
  return [...message.headers.entries()].filter(([name]) => name !== 'Content-Length');
}

/** Reads every field that the engine reads of a message. */
export function look(message: SipMessage): void {
  const { headers } = message;
  tried(() => parseContacts(headers.getAll('Contact')));
  tried(() => parseNameAddresses(headers.getAll('Route')));
  tried(() => viaValues(headers));
  for (const value of headers.getAll('Authorization')) tried(() => parseAuthHeader(value));
  if (message.kind === 'request') createResponse(message, 400);
}

/** Reads or refuses a damaged message, and writes what it read. */
export function parsing(random: Random): void {
  const message = damagedMessage(random);
  if (message === undefined) return;
  look(message);
  const again = parseMessage(serializeMessage(message));
  assert.deepEqual(fields(again), fields(message));
  assert(again.body.equals(message.body));
}

/** Frames a stream of damaged messages the same however it is cut. */
export function framing(random: Random): void {
  const damaged = (): Buffer => mutate(random, pick(random, SEEDS), SEEDS);
  const stream = Buffer.concat([damaged(), BENCH_INVITE, mutate(random, BENCH_INVITE, SEEDS)]);
  const whole = new StreamParser().push(stream).filter(({ kind }) => kind !== 'ping');
  const parser = new StreamParser();
  const pieces = [];
  for (let at = 0; at < stream.length;) {
    const end = at + 1 + below(random, 300);
    pieces.push(...parser.push(stream.subarray(at, end)));
    at = end;
  }
  assert.deepEqual(
    pieces.filter(({ kind }) => kind !== 'ping'),
    whole,
  );
}

/** Transactions live through a rain of damaged messages, bounded, and leave no timer. */
export function transactions(random: Random): void {
  const clock = new HeldClock();
  const host = new LossyWire(clock).host('bob');
  const layer = new TransactionLayer({ transport: host, clock, maxTransactions: MOST_TRANSACTIONS });
  layer.onRequest((request, _, transaction) =>
    transaction?.respond(createResponse(request, pick(random, [180, 200, 486]))),
  );
  for (let message = 0; message < 200; message += 1) {
    const damaged = damagedMessage(random);
    if (damaged !== undefined) host.deliver(damaged, { transport: 'udp', address: 'alice', port: 5060 });
    clock.advance(100);
    assert(layer.size <= MOST_TRANSACTIONS);
  }
  layer.close();
  clock.advance(1);
  assert.equal(clock.pendingTimers, 0);
}
