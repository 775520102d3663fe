/**
 * SMPP octet by octet. Every PDU here was written down by hand from the layouts of "Short Message Peer to Peer Protocol
 * Specification v3.4", 12-Oct-1999 Issue 1.2; nothing of the library reads or writes them.
 */
import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CarrierState, IncomingText, OutgoingText, Receipt, SmppSettings } from '#carriers/carrier.js';
import type { OpenCarrier } from '#carriers/carrier-set.js';
import { smppCarrier } from '#carriers/smpp-carrier.js';
import { HeldClock } from '../held-clock.js';
import { hex, RawSmsc, type RawConnection } from '../smsc-raw.js';

let clock: HeldClock;
let smsc: RawSmsc;
let carrier: OpenCarrier | undefined;
let receipts: Receipt[];
let messages: IncomingText[];
let states: CarrierState[];
/** What writing down does; by default it works. */
let writeDown: () => Promise<void>;

beforeEach(async () => {
  clock = new HeldClock();
  smsc = await RawSmsc.open();
  [receipts, messages, states] = [[], [], []];
  writeDown = () => Promise.resolve();
});
afterEach(async () => {
  vi.restoreAllMocks();
  smsc.cut();
  await carrier?.close();
  carrier = undefined;
  await smsc.close();
});

function open(settings: Partial<SmppSettings> = {}): OpenCarrier {
  carrier = smppCarrier(
    {
      id: 'car_1',
      name: 'test',
      kind: 'smpp',
      settings: {
        host: '127.0.0.1',
        port: smsc.port,
        systemId: 'SMPP3TEST',
        systemType: 'SUBMIT1',
        addressTon: 1,
        addressNpi: 1,
        ...settings,
      },
      secrets: { password: 'secret08' },
    },
    {
      onReceipt: async (_id, receipt) => {
        await writeDown();
        receipts.push(receipt);
      },
      onMessage: async (_id, message) => {
        await writeDown();
        messages.push(message);
      },
      onState: (_id, state) => void states.push(state),
    },
    // GSM's letters and digits are ASCII's.
    { clock, readGsm7: (septets) => Buffer.from(septets).toString('latin1'), random: () => 1 },
  );
  return carrier;
}

/** 4.1.5, with the values of the example in 3.2.3. */
const BIND = `00 00 00 2f 00 00 00 09 00 00 00 00 00 00 00 01
  53 4d 50 50 33 54 45 53 54 00  73 65 63 72 65 74 30 38 00  53 55 42 4d 49 54 31 00  34 01 01 00`;
/** 4.1.6: system_id `SMSC`, and sc_interface_version (5.3.2.25) 3.4. */
const BIND_RESP = `00 00 00 1a 80 00 00 09 00 00 00 00 00 00 00 01  53 4d 53 43 00  02 10 00 01 34`;

async function bound(settings: Partial<SmppSettings> = {}): Promise<RawConnection> {
  open(settings);
  const connection = await smsc.connection();
  await connection.pdu();
  connection.send(BIND_RESP);
  await until(() => states.some(({ up }) => up));
  return connection;
}

/** Real octets over loopback take turns of the event loop, not time. */
async function until(done: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(done()).toBe(true), { timeout: 20_000, interval: 1 });
}

const same = (octets: string): string => hex(octets).toString('hex');

function text(body: string, more: Partial<OutgoingText> = {}): OutgoingText {
  return {
    id: 'sms_1',
    from: '+18005550199',
    to: '+12125550100',
    text: body,
    encoding: 'gsm7',
    parts: [{ part: 1, header: Buffer.alloc(0), body: Buffer.from(body, 'latin1') }],
    of: 1,
    reference: 0x4a42,
    validitySeconds: 3 * 86_400 + 4 * 3600 + 5 * 60 + 6,
    ...more,
  };
}

/** Two parts, each with the header of 3GPP TS 23.040, 9.2.3.24.1. */
function twoParts(more: Partial<OutgoingText> = {}, between = ''): OutgoingText {
  const length = 5 + hex(between).length;
  const header = (part: number): Buffer =>
    Buffer.concat([Buffer.from([length]), hex(between), Buffer.from([0, 3, 0x42, 2, part])]);
  return text('oneTWO', {
    parts: [
      { part: 1, header: header(1), body: Buffer.from('one') },
      { part: 2, header: header(2), body: Buffer.from('TWO') },
    ],
    of: 2,
    ...more,
  });
}

/** 4.4.1 as far as destination_addr, and after it. */
const FROM_TO = `00  01 01 31 38 30 30 35 35 35 30 31 39 39 00  01 01 31 32 31 32 35 35 35 30 31 30 30 00`;
/** validity_period 3 days, 4 hours, 5 minutes, 6 seconds from now (7.1.1.2). */
const VALIDITY = `30 30 30 30 30 33 30 34 30 35 30 36 30 30 30 52 00`;
/** 4.4.2, with the id `3a1f`. */
const SUBMIT_RESP = (sequence: number): string =>
  `00 00 00 15 80 00 00 04 00 00 00 00 00 00 00 0${sequence}  33 61 31 66 00`;

describe('binding', () => {
  test('a transceiver says who it is, and is up when it is let in', async () => {
    open();
    const connection = await smsc.connection();
    expect(await connection.pdu()).toBe(same(BIND));
    expect(states).toEqual([]);
    connection.send(BIND_RESP);
    await until(() => states.length > 0);
    expect(states).toMatchObject([{ up: true }]);
  });

  test('an answer may come octet by octet, or several in one piece', async () => {
    open();
    const connection = await smsc.connection();
    await connection.pdu();
    await connection.trickle(BIND_RESP);
    await until(() => states.length > 0);
    const sent = carrier?.submit(twoParts());
    await connection.pdu();
    await connection.pdu();
    connection.send(SUBMIT_RESP(2), SUBMIT_RESP(3));
    expect(await sent).toHaveLength(2);
  });

  test('a transmitter and a receiver, where the carrier wants two', async () => {
    open({ bind: 'pair' });
    const connections = [await smsc.connection(), await smsc.connection()];
    const binds = await Promise.all(connections.map((connection) => connection.pdu()));
    expect(binds.sort()).toEqual([
      same(BIND.replace('00 00 00 09', '00 00 00 01')),
      same(BIND.replace('00 00 00 09', '00 00 00 02')),
    ]);
  });

  test('a wrong password is told, and tried again later', async () => {
    open();
    const connection = await smsc.connection();
    await connection.pdu();
    // ESME_RINVPASWD, 5.1.3.
    connection.send(`00 00 00 10 80 00 00 09 00 00 00 0e 00 00 00 01`);
    await connection.ended;
    await until(() => states.length > 0);
    expect(states.at(-1)).toMatchObject({ up: false, detail: expect.stringContaining('ESME_RINVPASWD') as string });
    clock.advance(1000);
    const again = await smsc.connection();
    expect(await again.pdu()).toBe(same(BIND));
    again.cut();
    await until(() => states.at(-1)?.detail.includes('closed') ?? false);
    // Twice as long as the first time.
    clock.advance(1000);
    expect(clock.nextAt).toBe(clock.now() + 1000);
  });
});

describe('submit_sm', () => {
  test('a text of one part', async () => {
    const connection = await bound();
    const sent = carrier?.submit(text('Hello'));
    expect(await connection.pdu()).toBe(
      same(`00 00 00 4c 00 00 00 04 00 00 00 00 00 00 00 02
        ${FROM_TO}  00 00 00  00 ${VALIDITY}  01 00 00 00  05 48 65 6c 6c 6f`),
    );
    connection.send(SUBMIT_RESP(2));
    expect(await sent).toEqual([{ kind: 'accepted', theirId: '3a1f' }]);
  });

  test('letters as the sender, a short code as the sender, UCS-2', async () => {
    const connection = await bound();
    void carrier?.submit(
      text('é', {
        from: 'Sidetone',
        encoding: 'ucs2',
        parts: [{ part: 1, header: Buffer.alloc(0), body: hex('0119') }],
      }),
    );
    expect(await connection.pdu()).toBe(
      same(`00 00 00 46 00 00 00 04 00 00 00 00 00 00 00 02
        00  05 00 53 69 64 65 74 6f 6e 65 00  01 01 31 32 31 32 35 35 35 30 31 30 30 00
        00 00 00  00 ${VALIDITY}  01 00 08 00  02 01 19`),
    );
    void carrier?.submit(text('A', { from: '72345' }));
    expect(await connection.pdu()).toBe(
      same(`00 00 00 42 00 00 00 04 00 00 00 00 00 00 00 03
        00  03 00 37 32 33 34 35 00  01 01 31 32 31 32 35 35 35 30 31 30 30 00
        00 00 00  00 ${VALIDITY}  01 00 00 00  01 41`),
    );
    connection.cut();
  });

  test('parts with their headers: UDHI in esm_class', async () => {
    const connection = await bound();
    void carrier?.submit(twoParts());
    expect(await connection.pdu()).toBe(
      same(`00 00 00 50 00 00 00 04 00 00 00 00 00 00 00 02
        ${FROM_TO}  40 00 00  00 ${VALIDITY}  01 00 00 00  09 05 00 03 42 02 01 6f 6e 65`),
    );
    expect(await connection.pdu()).toContain(same(`09 05 00 03 42 02 02 54 57 4f`));
    connection.cut();
  });

  test('sar parameters instead (5.3.2.22 to 24), and national tables stay in the header', async () => {
    const connection = await bound({ concatenation: 'sar' });
    void carrier?.submit(twoParts());
    expect(await connection.pdu()).toBe(
      same(`00 00 00 5a 00 00 00 04 00 00 00 00 00 00 00 02
        ${FROM_TO}  00 00 00  00 ${VALIDITY}  01 00 00 00  03 6f 6e 65
        02 0c 00 02 4a 42  02 0e 00 01 02  02 0f 00 01 01`),
    );
    expect(await connection.pdu()).toContain(same(`02 0f 00 01 02`));
    void carrier?.submit(twoParts({}, '24 01 01'));
    expect(await connection.pdu()).toContain(same(`${VALIDITY} 01 00 00 00 07 03 24 01 01 6f 6e 65`));
    connection.cut();
  });

  test('the text whole in message_payload (5.3.2.32), with one answer for it', async () => {
    const connection = await bound({ concatenation: 'payload', userMessageReference: true });
    const sent = carrier?.submit(twoParts());
    expect(await connection.pdu()).toBe(
      same(`00 00 00 57 00 00 00 04 00 00 00 00 00 00 00 02
        ${FROM_TO}  00 00 00  00 ${VALIDITY}  01 00 00 00  00
        02 04 00 02 4a 42  04 24 00 06 6f 6e 65 54 57 4f`),
    );
    connection.send(SUBMIT_RESP(2));
    expect(await sent).toEqual([{ kind: 'accepted', theirId: '3a1f' }]);
  });

  test.each([
    ['ESME_RINVDSTADR', '0b', 'refused'],
    ['ESME_RSUBMITFAIL', '45', 'refused'],
    ['ESME_RTHROTTLED', '58', 'throttled'],
    ['ESME_RMSGQFUL', '14', 'throttled'],
    ['ESME_RSYSERR', '08', 'throttled'],
    ['ESME_RX_T_APPN', '64', 'throttled'],
    ['ESME_RX_R_APPN', '66', 'refused'],
  ])('%s', async (code, status, kind) => {
    const connection = await bound();
    const sent = carrier?.submit(text('Hello'));
    await connection.pdu();
    connection.send(`00 00 00 10 80 00 00 04 00 00 00 ${status} 00 00 00 02`);
    expect(await sent).toMatchObject([{ kind, code }]);
  });

  test("a carrier's own status, and generic_nack (4.3)", async () => {
    const connection = await bound();
    const first = carrier?.submit(text('Hello'));
    await connection.pdu();
    connection.send(`00 00 00 10 80 00 00 04 00 00 04 81 00 00 00 02`);
    expect(await first).toMatchObject([{ kind: 'refused', code: '0x00000481' }]);
    const second = carrier?.submit(text('Hello'));
    await connection.pdu();
    connection.send(`00 00 00 10 80 00 00 00 00 00 00 02 00 00 00 03`);
    expect(await second).toMatchObject([{ kind: 'refused', code: 'ESME_RINVCMDLEN' }]);
  });

  test('too fast: the connection waits, twice as long each time, and nothing is lost', async () => {
    const connection = await bound();
    const first = carrier?.submit(text('Hello'));
    await connection.pdu();
    connection.send(`00 00 00 10 80 00 00 04 00 00 00 58 00 00 00 02`);
    expect(await first).toEqual([{ kind: 'throttled', code: 'ESME_RTHROTTLED', retryAfterMs: 250 }]);
    const second = carrier?.submit(text('Hello'));
    clock.advance(249);
    connection.send(`00 00 00 10 00 00 00 15 00 00 00 00 00 00 00 07`);
    // The answer to enquire_link is the first that comes: the text has not left.
    expect(await connection.pdu()).toBe(same(`00 00 00 10 80 00 00 15 00 00 00 00 00 00 00 07`));
    clock.advance(1);
    expect(await connection.pdu()).toContain(same(`00 00 00 04 00 00 00 00 00 00 00 03`));
    connection.send(`00 00 00 10 80 00 00 04 00 00 00 58 00 00 00 03`);
    expect(await second).toMatchObject([{ retryAfterMs: 500 }]);
    clock.advance(500);
    const third = carrier?.submit(text('Hello'));
    await connection.pdu();
    connection.send(SUBMIT_RESP(4));
    expect(await third).toMatchObject([{ kind: 'accepted' }]);
  });

  test('no more than the window is under way', async () => {
    const connection = await bound({ window: 2 });
    expect(carrier?.window).toBe(2);
    const open = carrier as OpenCarrier;
    const sent = [1, 2, 3].map(() => open.submit(text('Hello')));
    await connection.pdu();
    await connection.pdu();
    connection.send(`00 00 00 10 00 00 00 15 00 00 00 00 00 00 00 07`);
    expect(await connection.pdu()).toContain(same(`80 00 00 15`));
    connection.send(SUBMIT_RESP(2));
    expect(await sent[0]).toMatchObject([{ kind: 'accepted' }]);
    expect(await connection.pdu()).toContain(same(`00 00 00 04 00 00 00 00 00 00 00 04`));
    connection.send(SUBMIT_RESP(3), SUBMIT_RESP(4));
    expect((await Promise.all(sent)).flat()).toHaveLength(3);
  });

  test('no answer in time, and a connection that ends: unknown; none at all: unreachable', async () => {
    const connection = await bound();
    const slow = carrier?.submit(text('Hello'));
    await connection.pdu();
    clock.advance(10_000);
    expect(await slow).toMatchObject([{ kind: 'unknown' }]);
    const cut = carrier?.submit(text('Hello'));
    await connection.pdu();
    connection.cut();
    expect(await cut).toMatchObject([{ kind: 'unknown' }]);
    expect(await carrier?.submit(text('Hello'))).toMatchObject([{ kind: 'unreachable' }]);
    expect(states.at(-1)).toMatchObject({ up: false });
  });

  test('in the moment between the end of a connection and the word of it: unreachable, and no longer up', async () => {
    const connection = await bound();
    const end = Reflect.get(Socket.prototype, 'end') as (...args: unknown[]) => unknown;
    const ours = new Promise<Socket>((resolve) => {
      vi.spyOn(Socket.prototype, 'end').mockImplementation(function (this: Socket, ...args: unknown[]) {
        Reflect.apply(end, this, args);
        if (this.remotePort === smsc.port) resolve(this);
        return this;
      });
    });
    connection.cut();
    const socket = await ours;
    expect([socket.writable, socket.closed, states.at(-1)?.up]).toEqual([false, false, true]);
    const submitted = carrier?.submit(text('Hello'));
    expect(states.at(-1)).toMatchObject({ up: false });
    expect(await submitted).toMatchObject([{ kind: 'unreachable' }]);
  });

  test('an answer to something else is none', async () => {
    const connection = await bound();
    const sent = carrier?.submit(text('Hello'));
    await connection.pdu();
    // Another number, another command (deliver_sm_resp, 4.6.2), then the answer.
    connection.send(SUBMIT_RESP(9), `00 00 00 11 80 00 00 05 00 00 00 00 00 00 00 02 00`, SUBMIT_RESP(2));
    expect(await sent).toMatchObject([{ kind: 'accepted' }]);
  });
});

/** 4.6.1 with esm_class, data_coding and text to be filled in; from +12125550100 to +18005550199. */
function deliver(esmClass: string, dataCoding: string, message: string, tlvs = '', ton = '01'): string {
  const body = `00  ${ton} 01 31 32 31 32 35 35 35 30 31 30 30 00  ${ton} 01 31 38 30 30 35 35 35 30 31 39 39 00
    ${esmClass} 00 00  00 00  00 00 ${dataCoding} 00  ${octet(hex(message).length)} ${message} ${tlvs}`;
  return `00 00 00 ${octet(16 + hex(body).length)} 00 00 00 05 00 00 00 00 00 00 00 21 ${body}`;
}
const octet = (value: number): string => value.toString(16).padStart(2, '0');
const ascii = (value: string): string => Buffer.from(value, 'latin1').toString('hex');
/** 4.6.2: message_id is NULL. */
const DELIVER_RESP = `00 00 00 11 80 00 00 05 00 00 00 00 00 00 00 21 00`;

describe('receipts', () => {
  /** Appendix B. */
  const APPENDIX_B =
    'id:3a1f sub:001 dlvrd:001 submit date:9910121530 done date:9910121531 stat:DELIVRD err:000 text:Hello';

  test('as in Appendix B, answered once it is written down', async () => {
    const connection = await bound();
    let written = (): void => undefined;
    let asked = false;
    writeDown = () => {
      asked = true;
      return new Promise((resolve) => (written = resolve));
    };
    connection.send(deliver('04', '00', ascii(APPENDIX_B)));
    await until(() => asked);
    connection.send(`00 00 00 10 00 00 00 15 00 00 00 00 00 00 00 07`);
    expect(await connection.pdu()).toContain(same(`80 00 00 15`));
    written();
    expect(await connection.pdu()).toBe(same(DELIVER_RESP));
    expect(receipts).toEqual([
      { theirId: '3a1f', state: 'delivered', detail: 'DELIVRD', from: '+18005550199', to: '+12125550100' },
    ]);
  });

  test('one that could not be written down shall come again: ESME_RX_T_APPN', async () => {
    const connection = await bound();
    writeDown = () => Promise.reject(new Error('the database is away'));
    connection.send(deliver('04', '00', ascii(APPENDIX_B)));
    expect(await connection.pdu()).toBe(same(`00 00 00 10 80 00 00 05 00 00 00 64 00 00 00 21`));
    writeDown = () => Promise.resolve();
    connection.send(deliver('04', '00', ascii(APPENDIX_B)));
    expect(await connection.pdu()).toBe(same(DELIVER_RESP));
    expect(receipts).toHaveLength(1);
  });

  test('by parameters: receipted_message_id (5.3.2.12), message_state (5.3.2.35), network_error_code (5.3.2.31)', async () => {
    const connection = await bound();
    connection.send(deliver('00', '00', '', `00 1e 00 05 33 61 31 66 00  04 27 00 01 05  04 23 00 03 03 00 1b`));
    expect(await connection.pdu()).toBe(same(DELIVER_RESP));
    expect(receipts).toMatchObject([{ theirId: '3a1f', state: 'undelivered', code: '27' }]);
  });

  test.each([
    ['DELIVRD', 'delivered'],
    ['EXPIRED', 'expired'],
    ['DELETED', 'undelivered'],
    ['UNDELIV', 'undelivered'],
    ['ACCEPTD', 'accepted'],
    ['ENROUTE', 'accepted'],
    ['UNKNOWN', 'unknown'],
    ['REJECTD', 'rejected'],
  ])('%s is %s, also written carelessly', async (word, state) => {
    const connection = await bound();
    connection.send(deliver('04', '00', ascii(`ID: 7 Stat:${word.toLowerCase()} err:0a2`)));
    await connection.pdu();
    expect(receipts).toMatchObject([{ theirId: '7', state, code: '0a2' }]);
  });

  test.each([
    ['hex_to_decimal', '33 61 31 66', '14879', 'id:0000014879 stat:DELIVRD'],
    ['decimal_to_hex', '31 34 38 37', '5cf', 'id:000005CF stat:DELIVRD'],
  ])('%s: both sides come to one form', async (form, answered, theirId, receipt) => {
    const connection = await bound({ messageId: form as 'hex_to_decimal' });
    const sent = carrier?.submit(text('Hello'));
    await connection.pdu();
    connection.send(`00 00 00 15 80 00 00 04 00 00 00 00 00 00 00 02 ${answered} 00`);
    expect(await sent).toEqual([{ kind: 'accepted', theirId }]);
    connection.send(deliver('04', '00', ascii(receipt)));
    await connection.pdu();
    expect(receipts).toMatchObject([{ theirId }]);
  });

  test("anybody's text that looks like a receipt is a text, unless the carrier is known to mark none", async () => {
    const connection = await bound();
    connection.send(deliver('00', '00', ascii(APPENDIX_B)));
    await connection.pdu();
    expect([receipts.length, messages.length]).toEqual([0, 1]);
  });

  test('unmarked ones, where the carrier is known for them', async () => {
    const connection = await bound({ receiptsByText: true });
    connection.send(deliver('00', '00', ascii(APPENDIX_B)));
    await connection.pdu();
    expect([receipts.length, messages.length]).toEqual([1, 0]);
  });

  test('by data_sm, too (4.7.1)', async () => {
    const connection = await bound();
    connection.send(
      `00 00 00 43 00 00 01 03 00 00 00 00 00 00 00 22`,
      `00  01 01 31 32 31 32 35 35 35 30 31 30 30 00  01 01 31 38 30 30 35 35 35 30 31 39 39 00  04 00 00`,
      `00 1e 00 04 33 61 31 00  04 27 00 01 02  02 04 00 02 00 01`,
    );
    expect(await connection.pdu()).toBe(same(`00 00 00 11 80 00 01 03 00 00 00 00 00 00 00 22 00`));
    expect(receipts).toMatchObject([{ theirId: '3a1', state: 'delivered' }]);
  });
});

describe('incoming texts', () => {
  test.each([
    ['the default alphabet', '00', '48 69', 'Hi'],
    ['IA5', '01', '48 69', 'Hi'],
    ['Latin 1', '03', 'e9 74 e9', 'été'],
    ['UCS-2', '08', '01 19 d8 3d de 00', 'ę😀'],
    ['UCS-2 with a message class (3GPP TS 23.038, 4)', '18', '01 19', 'ę'],
    ['Cyrillic, ISO 8859-5', '06', 'b4 d0', 'Да'],
  ])('%s', async (_what, dataCoding, octets, said) => {
    const connection = await bound();
    connection.send(deliver('00', dataCoding, octets));
    expect(await connection.pdu()).toBe(same(DELIVER_RESP));
    expect(messages).toEqual([{ from: '+12125550100', to: '+18005550199', text: said }]);
  });

  test('parts by header, with 8 and 16 bits of reference, and by sar parameters', async () => {
    const connection = await bound();
    const body = ascii('part');
    for (const pdu of [
      deliver('40', '00', `05 00 03 42 02 01 ${body}`),
      deliver('40', '00', `06 08 04 12 34 03 02 ${body}`),
      deliver('00', '00', body, `02 0c 00 02 12 35  02 0e 00 01 02  02 0f 00 01 02`),
      // A header about something else.
      deliver('40', '00', `03 24 01 01 ${body}`),
    ]) {
      connection.send(pdu);
      await connection.pdu();
    }
    expect(messages.map(({ text: said, concatenation }) => [said, concatenation])).toEqual([
      ['part', { reference: 0x42, part: 1, of: 2 }],
      ['part', { reference: 0x1234, part: 2, of: 3 }],
      ['part', { reference: 0x1235, part: 2, of: 2 }],
      ['part', undefined],
    ]);
  });

  test('in message_payload; a number of an unknown type is one where it is long enough', async () => {
    const connection = await bound();
    connection.send(deliver('00', '08', '', `04 24 00 04 00 48 00 69`, '00'));
    await connection.pdu();
    expect(messages).toEqual([{ from: '+12125550100', to: '+18005550199', text: 'Hi' }]);
  });

  test('binary data is no text: refused for good', async () => {
    const connection = await bound();
    connection.send(deliver('00', '04', '00 01 02'));
    expect(await connection.pdu()).toBe(same(`00 00 00 10 80 00 00 05 00 00 00 65 00 00 00 21`));
    expect(messages).toEqual([]);
  });
});

describe('the connection', () => {
  test('enquire_link every 30 seconds (4.11.1); without an answer it is opened anew', async () => {
    const connection = await bound();
    clock.advance(30_000);
    expect(await connection.pdu()).toBe(same(`00 00 00 10 00 00 00 15 00 00 00 00 00 00 00 02`));
    connection.send(`00 00 00 10 80 00 00 15 00 00 00 00 00 00 00 02`);
    const sent = carrier?.submit(text('Hello'));
    await connection.pdu();
    connection.send(SUBMIT_RESP(3));
    await sent;
    clock.advance(30_000);
    await connection.pdu();
    clock.advance(10_000);
    await connection.ended;
    expect(states.at(-1)).toMatchObject({ up: false, detail: expect.stringContaining('enquire_link') as string });
    clock.advance(1000);
    expect(await (await smsc.connection()).pdu()).toBe(same(BIND));
  });

  test('the carrier says unbind (4.2.1): answered, and opened anew', async () => {
    const connection = await bound();
    connection.send(`00 00 00 10 00 00 00 06 00 00 00 00 00 00 00 31`);
    expect(await connection.pdu()).toBe(same(`00 00 00 10 80 00 00 06 00 00 00 00 00 00 00 31`));
    await connection.ended;
    clock.advance(1000);
    expect(await (await smsc.connection()).pdu()).toBe(same(BIND));
  });

  test('closing waits for answers, then says unbind', async () => {
    const connection = await bound();
    const sent = carrier?.submit(text('Hello'));
    await connection.pdu();
    const closed = carrier?.close();
    expect(connection.untaken).toBe('');
    connection.send(SUBMIT_RESP(2));
    expect(await sent).toMatchObject([{ kind: 'accepted' }]);
    expect(await connection.pdu()).toBe(same(`00 00 00 10 00 00 00 06 00 00 00 00 00 00 00 03`));
    connection.send(`00 00 00 10 80 00 00 06 00 00 00 00 00 00 00 03`);
    await closed;
    await connection.ended;
    expect(await carrier?.submit(text('Hello'))).toMatchObject([{ kind: 'unreachable' }]);
  });

  test('closing without an answer does not last: what is under way is unknown', async () => {
    const connection = await bound();
    const sent = carrier?.submit(text('Hello'));
    await connection.pdu();
    const closed = carrier?.close();
    clock.advance(10_000);
    expect(await sent).toMatchObject([{ kind: 'unknown' }]);
    await connection.pdu();
    clock.advance(2000);
    await closed;
  });

  test('what we do not know is answered with generic_nack, ESME_RINVCMDID (4.3)', async () => {
    const connection = await bound();
    connection.send(`00 00 00 12 00 00 77 77 00 00 00 00 00 00 00 33 ab cd`);
    expect(await connection.pdu()).toBe(same(`00 00 00 10 80 00 00 00 00 00 00 03 00 00 00 33`));
  });

  test.each([
    ['a length of zero', '00 00 00 00 00 00 00 15'],
    ['a length below the head', '00 00 00 0f 80 00 00 15 00 00 00 00 00 00 00 01'],
    ['a length beyond all reason', '7f ff ff ff 00 00 00 05'],
    ['HTTP', ascii('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('%s ends it, and only it', async (_what, octets) => {
    const connection = await bound();
    const sent = carrier?.submit(text('Hello'));
    await connection.pdu();
    connection.send(octets);
    expect(await sent).toMatchObject([{ kind: 'unknown' }]);
    await connection.ended;
    clock.advance(1000);
    expect(await (await smsc.connection()).pdu()).toBe(same(BIND));
  });

  test('a PDU that is malformed inside is refused alone', async () => {
    const connection = await bound();
    // message_state that claims an octet behind the end.
    connection.send(deliver('00', '00', ascii('x'), `04 27 00 01`));
    expect(await connection.pdu()).toBe(same(`00 00 00 10 80 00 00 05 00 00 00 c0 00 00 00 21`));
    // short_message that is longer than the PDU: what is there is taken.
    connection.send(deliver('00', '00', ascii('Hi')).replace(`02 ${ascii('Hi')}`, `7f ${ascii('Hi')}`));
    expect(await connection.pdu()).toBe(same(DELIVER_RESP));
    expect(messages).toMatchObject([{ text: 'Hi' }]);
  });

  test('one that takes too long to let us in is given up', async () => {
    open();
    const connection = await smsc.connection();
    await connection.pdu();
    clock.advance(10_000);
    await connection.ended;
    await until(() => states.length > 0);
    expect(states).toMatchObject([{ up: false }]);
  });
});
