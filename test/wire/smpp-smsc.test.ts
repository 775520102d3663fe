/** The SMPP carrier against a server of the library's, by its conduct: TLS, pairs, storms of misbehaviour. */
import { afterEach, describe, expect, test } from 'vitest';
import type { CarrierState, IncomingText, OutgoingText, PartResult, Receipt, SmppSettings } from '#carriers/carrier.js';
import type { OpenCarrier } from '#carriers/carrier-set.js';
import { smppCarrier } from '#carriers/smpp-carrier.js';
import { systemClock } from '#clock.js';
import { readGsm7 } from '#core/segments/index.js';
import { eventually } from '../eventually.js';
import { Smsc, type Fate, type SmscOptions } from '../smsc.js';
import { certificateOne, certificateTwo } from './certificates.js';

let smsc: Smsc;
let carrier: OpenCarrier;
let receipts: Receipt[];
let messages: IncomingText[];
let states: CarrierState[];

afterEach(async () => {
  await carrier.close();
  await smsc.close();
});

async function open(options: SmscOptions = {}, settings: Partial<SmppSettings> = {}): Promise<void> {
  smsc = await Smsc.open({ password: 'secret', ...options });
  [receipts, messages, states] = [[], [], []];
  carrier = smppCarrier(
    {
      ...{ id: 'car_1', name: 'test', kind: 'smpp' },
      settings: { host: '127.0.0.1', port: smsc.port, systemId: 'sidetone', ...settings },
      secrets: { password: 'secret' },
    },
    {
      onReceipt: async (_id, receipt) => void receipts.push(receipt),
      onMessage: async (_id, message) => void messages.push(message),
      onState: (_id, state) => void states.push(state),
    },
    { clock: systemClock, readGsm7 },
  );
}

const up = (): Promise<void> => eventually(() => expect(states.at(-1)?.up).toBe(true));

function text(number: number): OutgoingText {
  const body = Buffer.from(`text ${number}`);
  return {
    ...{ id: `sms_${number}`, from: '+15550001111', to: '+15550002222', text: body.toString() },
    ...{ encoding: 'gsm7', parts: [{ part: 1, header: Buffer.alloc(0), body }], of: 1 },
    ...{ reference: number & 0xff, validitySeconds: 3600 },
  };
}

describe('TLS', () => {
  test('a certificate that is known', async () => {
    await open({ tls: certificateOne }, { tls: true, tlsCa: certificateOne.cert, tlsServerName: 'localhost' });
    await up();
    expect(await carrier.submit(text(1))).toMatchObject([{ kind: 'accepted' }]);
  });

  test.each([
    ['of somebody else', { tls: true, tlsCa: certificateTwo.cert, tlsServerName: 'localhost' }],
    ['for another name', { tls: true, tlsCa: certificateOne.cert, tlsServerName: 'elsewhere.test' }],
  ])('a certificate %s is refused', async (_what, settings) => {
    await open({ tls: certificateOne }, settings);
    await eventually(() => expect(states.at(-1)?.detail).toMatch(/certificate|altnames/i));
    expect(smsc.bound).toBe(0);
    expect(await carrier.submit(text(1))).toMatchObject([{ kind: 'unreachable' }]);
  });

  test('any certificate, where the operator says so', async () => {
    await open({ tls: certificateOne }, { tls: true, tlsVerify: false });
    await up();
    expect(await carrier.submit(text(1))).toMatchObject([{ kind: 'accepted' }]);
  });
});

test('two pairs: texts by the transmitters, receipts by the receivers', async () => {
  await open({}, { bind: 'pair', binds: 2, window: 3 });
  await eventually(() => expect(smsc.bound).toBe(4));
  expect(carrier.window).toBe(6);
  const results = await Promise.all(Array.from({ length: 50 }, (_, number) => carrier.submit(text(number))));
  expect(results.flat().filter(({ kind }) => kind === 'accepted')).toHaveLength(50);
});

test('ids in hexadecimal, receipts in decimal, incoming texts with the characters of GSM', async () => {
  await open({ ids: 'hex' }, { messageId: 'hex_to_decimal' });
  await up();
  const [result] = await carrier.submit(text(1));
  await eventually(() => expect(receipts).toHaveLength(1));
  expect(result).toEqual({ kind: 'accepted', theirId: receipts[0]?.theirId });
  smsc.deliver({
    ...{ source_addr_ton: 1, source_addr: '15550002222', dest_addr_ton: 1, destination_addr: '15550001111' },
    ...{ data_coding: 0, short_message: Buffer.from([0x1b, 0x65, 0x20, 0x00]) },
  });
  await eventually(() => expect(messages).toEqual([{ from: '+15550002222', to: '+15550001111', text: '€ @' }]));
});

test('throttling, refusals, noise, fragments and cut connections: every part hears what became of it', async () => {
  const fates: Fate[] = [
    { answer: 'accept', receipt: 'early' },
    { answer: 'accept', receipt: 'twice', fragmented: true },
    { answer: 'accept', receipt: 'late', noise: 'malformed_tlv' },
    { answer: 'accept', delayMs: 5, noise: 'unknown_command' },
    { answer: 'refuse' },
    { answer: 'accept', receipt: 'prompt', delayMs: 20, state: 'UNDELIV' },
  ];
  const rare: Readonly<Record<number, Fate>> = {
    10: { answer: 'throttle' },
    110: { answer: 'throttle' },
    60: { answer: 'accept', cut: 'taken' },
    160: { answer: 'accept', cut: 'not_taken' },
    260: { answer: 'accept', noise: 'broken_length' },
  };
  await open({ fate: (nth) => rare[nth] ?? fates[nth % fates.length]! });
  await up();
  const count = 300;
  const outcomes = new Map<number, PartResult['kind'][]>();
  const queue = Array.from({ length: count }, (_, number) => number);
  // As many at once as the window has, each again where it surely did not arrive.
  await Promise.all(
    Array.from({ length: carrier.window }, async () => {
      for (let number = queue.shift(); number !== undefined; number = queue.shift()) {
        const [result] = await carrier.submit(text(number));
        outcomes.set(number, [...(outcomes.get(number) ?? []), result!.kind]);
        if (result?.kind === 'unreachable') await up();
        if (result?.kind === 'throttled' || result?.kind === 'unreachable') queue.push(number);
      }
    }),
  );
  const taken = new Set(smsc.taken.map(({ octets }) => octets.toString()));
  expect(taken.size).toBe(smsc.taken.length);
  const ends = [...outcomes.entries()].map(([number, kinds]) => ({ number, end: kinds.at(-1) }));
  expect(ends).toHaveLength(count);
  const of = (kind: string): number[] => ends.filter(({ end }) => end === kind).map(({ number }) => number);
  expect(of('accepted').filter((number) => !taken.has(`text ${number}`))).toEqual([]);
  expect(of('refused').filter((number) => taken.has(`text ${number}`))).toEqual([]);
  // Three connections were lost, each with at most its window.
  expect(of('unknown').length).toBeGreaterThan(0);
  expect(of('unknown').length).toBeLessThanOrEqual(3 * carrier.window);
  expect(of('accepted').length + of('refused').length + of('unknown').length).toBe(count);
  expect(smsc.throttled).toBe(2);
  await eventually(() => expect(smsc.undelivered).toBe(0));
});
