import { describe, expect, it } from 'vitest';
import { parseAuthHeader } from '#voice/sip/auth-header.js';
import { createResponse } from '#voice/sip/create-response.js';
import { HeldClock } from '#voice/sip/held-clock.fixture.js';
import { LossyWire, seededRandom } from '#voice/sip/lossy-wire.fixture.js';
import type { SipMessage } from '#voice/sip/message.js';
import { parseContacts, parseNameAddresses } from '#voice/sip/name-address.js';
import { BENCH_INVITE, benchParse } from '#voice/sip/parse-bench.js';
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
/** What means something to a parser, and so is worth putting where it does not belong. */
const MORSELS = [
  '\r\n',
  '\r\n\r\n',
  '\r\n ',
  ':',
  ';',
  ',',
  '<',
  '>',
  '"',
  '\\',
  '@',
  '%',
  '%00',
  '%ff',
  '=',
  '?',
  '[',
  ']',
  ' ',
  '\t',
  '\0',
  '\ufffd',
  '-1',
  '99999999999',
  'Via: ',
  'l: ',
  'SIP/2.0',
  '*',
  ';tag=',
  '"<',
];

type Random = () => number;

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)]!;
}

function mutate(random: Random, bytes: Buffer): Buffer {
  let result = Buffer.from(bytes);
  for (let count = 1 + Math.floor(random() * 4); count > 0; count--) {
    const at = Math.floor(random() * result.length);
    const end = at + Math.floor(random() * 20);
    const [before, middle, after] = [result.subarray(0, at), result.subarray(at, end), result.subarray(end)];
    switch (Math.floor(random() * 6)) {
      case 0:
        result = Buffer.concat([before, Buffer.from([Math.floor(random() * 256)]), result.subarray(at + 1)]);
        break;
      case 1:
        result = Buffer.concat([before, after]);
        break;
      case 2:
        result = Buffer.concat([before, middle, middle, after]);
        break;
      case 3:
        result = Buffer.concat([before, Buffer.from(pick(random, MORSELS)), middle, after]);
        break;
      case 4:
        result = Buffer.concat([before, pick(random, SEEDS).subarray(at, end), after]);
        break;
      default:
        if (random() < 0.1) result = before;
    }
  }
  return result;
}

/** What `read` gives; undefined when it refuses, which it may do with a SipParseError only. */
function tried<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SipParseError) return undefined;
    throw error;
  }
}

function fields(message: SipMessage): (readonly [string, string])[] {
  return [...message.headers.entries()].filter(([name]) => name !== 'Content-Length');
}

function look(message: SipMessage): void {
  const { headers } = message;
  tried(() => parseContacts(headers.getAll('Contact')));
  tried(() => parseNameAddresses(headers.getAll('Route')));
  tried(() => viaValues(headers));
  for (const value of headers.getAll('Authorization')) tried(() => parseAuthHeader(value));
  if (message.kind === 'request') createResponse(message, 400);
}

describe('the parsers, fed with damaged messages', () => {
  it.each([1, 2, 3])('read or refuse them, and write what they read (seed %s)', (seed) => {
    const random = seededRandom(seed);
    let read = 0;
    for (let round = 0; round < 3_000; round++) {
      const message = tried(() => parseMessage(mutate(random, pick(random, SEEDS))));
      if (message === undefined) continue;
      read++;
      look(message);
      const again = parseMessage(serializeMessage(message));
      expect(fields(again)).toEqual(fields(message));
      expect(again.body.equals(message.body)).toBe(true);
    }
    expect(read).toBeGreaterThan(300);
    expect(read).toBeLessThan(2_700);
  });

  it('frame a stream of them the same however it is cut', () => {
    const random = seededRandom(4);
    for (let round = 0; round < 500; round++) {
      const stream = Buffer.concat([mutate(random, pick(random, SEEDS)), BENCH_INVITE, mutate(random, BENCH_INVITE)]);
      const whole = new StreamParser().push(stream).filter(({ kind }) => kind !== 'ping');
      const parser = new StreamParser();
      const pieces = [];
      for (let at = 0; at < stream.length;) {
        const end = at + 1 + Math.floor(random() * 300);
        pieces.push(...parser.push(stream.subarray(at, end)));
        at = end;
      }
      expect(pieces.filter(({ kind }) => kind !== 'ping')).toEqual(whole);
    }
  });

  it('and the transactions behind them live through it', () => {
    const random = seededRandom(5);
    const clock = new HeldClock();
    const wire = new LossyWire(clock);
    const host = wire.host('bob');
    const layer = new TransactionLayer({ transport: host, clock, maxTransactions: 100 });
    layer.onRequest((request, _, transaction) =>
      transaction?.respond(createResponse(request, pick(random, [180, 200, 486]))),
    );
    for (let round = 0; round < 3_000; round++) {
      const message = tried(() => parseMessage(mutate(random, pick(random, SEEDS))));
      if (message !== undefined) host.deliver(message, { transport: 'udp', address: 'alice', port: 5060 });
      clock.advance(100);
      expect(layer.size).toBeLessThanOrEqual(100);
    }
    layer.close();
    clock.advance(1);
    expect(clock.pendingTimers).toBe(0);
  });

  // No time is asserted: a parser that is not linear in what is hostile runs into the test's timeout.
  it('get through what is hostile', () => {
    const repeated = ['a', ' ', '"', '\\"', '<', ';a', ',', '%41', '\t;', 'a=b,', '\r\n '].map((morsel) =>
      morsel.repeat(8_000 / morsel.length),
    );
    const hostile = [
      ...repeated,
      ...repeated.map((value) => `${value}\r\n x`),
      ...repeated.map((value) => `<sip:a@b>;${value}`),
    ];
    const whole = BENCH_INVITE.toString();
    let refused = 0;
    for (const value of hostile) {
      for (const name of ['Via', 'To', 'Contact', 'CSeq', 'Authorization', 'Route']) {
        const rest = whole.replace(new RegExp(`^${name}: .*\r\n`, 'm'), '');
        const message = tried(() => parseMessage(Buffer.from(rest.replace('\r\n', `\r\n${name}: ${value}\r\n`))));
        if (message === undefined) refused++;
        else look(message);
      }
    }
    expect(refused).toBeGreaterThan(60);
  });

  it('have a bench that runs', () => {
    expect(benchParse(10)).toBeGreaterThan(0);
  });
});
