import { expect, test } from 'vitest';
import { readAddress, readConcatenation, readText, userData } from '#carriers/smpp-incoming.js';
import { PduStream, readPdu, type Pdu } from '#carriers/smpp-pdu.js';
import { isReceipt, readReceipt } from '#carriers/smpp-receipt.js';
import { readGsm7 } from '#core/segments/index.js';
import { mutatePacket } from '#voice/fuzz/mutate.fixture.js';
import { below, pick, seededRandom } from '#voice/fuzz/random.fixture.js';
import { hex } from '../smsc-raw.js';

const ROUNDS = 20_000;
const FROM_TO = '00 01 01 31 32 31 32 00 01 01 31 38 30 30 00';
/** A receipt, a part with its header, a whole text by parameter, an answer: each without the length of its head. */
const PDUS = [
  `00 00 00 05 00 00 00 00 00 00 00 21 ${FROM_TO} 04 00 00 00 00 00 00 00 00 10 69 64 3a 33 61 20 73 74 61 74 3a 45 58 50 49 52
   00 1e 00 03 33 61 00 04 27 00 01 05 04 23 00 03 03 00 1b`,
  `00 00 00 05 00 00 00 00 00 00 00 22 ${FROM_TO} 40 00 00 00 00 00 00 08 00 0a 05 00 03 42 02 01 00 48 00 69`,
  `00 00 01 03 00 00 00 00 00 00 00 23 ${FROM_TO} 40 00 00 04 24 00 06 03 24 01 01 1b 65
   02 0c 00 02 12 35 02 0e 00 01 02 02 0f 00 01 02 03 81 00 04 01 00 01 31`,
  `80 00 00 04 00 00 00 00 00 00 00 02 33 61 31 66 00`,
].map((octets) => hex(octets));

/** As the carrier takes it apart. */
function takeApart(pdu: Pdu): void {
  const data = userData(pdu);
  const text = readText(data, pdu.number('data_coding') ?? 0, readGsm7);
  expect(text ?? '').not.toContain('\0');
  expect(typeof readAddress(pdu, 'source') + typeof readAddress(pdu, 'dest')).toBe('stringstring');
  const part = readConcatenation(pdu, data.header);
  if (part !== undefined) expect(part.part).toBeLessThanOrEqual(part.of);
  const settings = { receiptsByText: true, messageId: 'hex_to_decimal' } as const;
  if (!isReceipt(pdu, text ?? '', settings)) return;
  const receipt = readReceipt(pdu, text ?? '', settings);
  if (receipt !== undefined) expect(receipt.theirId).not.toBe('');
}

test('damaged PDUs are refused or read, and nothing else happens', () => {
  let read = 0;
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const random = seededRandom(seed);
    const damaged = Buffer.from(mutatePacket(random, pick(random, PDUS)));
    // The length of the head is right, so that what is inside is looked at.
    const length = Buffer.alloc(4);
    length.writeUInt32BE(damaged.length + 4);
    const octets = Buffer.concat([length, damaged]);
    if (octets.length < 16) continue;
    let pdu: Pdu;
    try {
      pdu = readPdu(octets);
    } catch {
      continue;
    }
    read += 1;
    takeApart(pdu);
  }
  expect(read).toBeGreaterThan(ROUNDS / 2);
});

test('however a stream is cut, the same PDUs come out of it', () => {
  const pdus = PDUS.map((octets) => Buffer.concat([hex('00 00 00 00'), octets]));
  for (const pdu of pdus) pdu.writeUInt32BE(pdu.length);
  const whole = Buffer.concat(pdus);
  for (let seed = 1; seed <= 500; seed++) {
    const random = seededRandom(seed);
    const stream = new PduStream();
    const found: string[] = [];
    for (let at = 0; at < whole.length;) {
      const end = at + 1 + below(random, 40);
      stream.push(whole.subarray(at, end));
      for (let pdu = stream.next(); pdu !== undefined; pdu = stream.next()) found.push(pdu.toString('hex'));
      at = end;
    }
    expect(found).toEqual(pdus.map((pdu) => pdu.toString('hex')));
  }
});
