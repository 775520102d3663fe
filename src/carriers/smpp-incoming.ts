import type { IncomingText } from '#carriers/carrier.js';
import type { Pdu } from '#carriers/smpp-pdu.js';

/** Octets of a text with the header that stood before them; the header with its length octet, or empty. */
export interface UserData {
  header: Buffer;
  body: Buffer;
}

/** GSM 7-bit default alphabet, one septet in an octet, with the national tables that the header names. */
export type ReadGsm7 = (septets: Uint8Array, header: Uint8Array) => string;

const UDH_INDICATOR = 0x40;
const CONCATENATION_8 = 0x00;
const CONCATENATION_16 = 0x08;
const TON_INTERNATIONAL = 1;
/** Shorter ones of an unknown type are short codes. */
const LEAST_DIGITS_OF_A_NUMBER = 10;

/** The user data of a deliver_sm or data_sm, wherever it stands. */
export function userData(pdu: Pdu): UserData {
  const short = pdu.octets('short_message');
  const octets = short.length > 0 ? short : pdu.octets('message_payload');
  const headerOctets = ((pdu.number('esm_class') ?? 0) & UDH_INDICATOR) !== 0 ? (octets[0] ?? -1) + 1 : 0;
  return { header: octets.subarray(0, headerOctets), body: octets.subarray(headerOctets) };
}

/** Undefined where the data is no text: binary, or in a coding that we do not read. */
export function readText({ header, body }: UserData, dataCoding: number, readGsm7: ReadGsm7): string | undefined {
  const coding = codingOf(dataCoding);
  if (coding === undefined) return undefined;
  const text = coding === 'gsm7' ? readGsm7(body, header) : new TextDecoder(coding).decode(evenFor(coding, body));
  // No text column takes it, and no phone shows it.
  return text.replaceAll('\0', '');
}

/** data_coding (SMPP 3.4, 5.2.19); from 0x10 on as 3GPP TS 23.038, 4 has it, which is where message classes stand. */
function codingOf(dataCoding: number): string | undefined {
  if (dataCoding >= 0xf0) return (dataCoding & 0x04) === 0 ? 'gsm7' : undefined;
  if (dataCoding >= 0x10) {
    if (dataCoding >= 0x40) return undefined;
    return ['gsm7', undefined, 'utf-16be', undefined][(dataCoding >> 2) & 0x03];
  }
  const byNumber: Readonly<Record<number, string>> = {
    0: 'gsm7',
    1: 'latin1',
    3: 'latin1',
    6: 'iso-8859-5',
    7: 'iso-8859-8',
    8: 'utf-16be',
    10: 'iso-2022-jp',
    14: 'euc-kr',
  };
  return byNumber[dataCoding];
}

function evenFor(coding: string, body: Buffer): Buffer {
  return coding === 'utf-16be' ? body.subarray(0, body.length & ~1) : body;
}

/** Which part of which text this is: by its header, else by the sar_ parameters; undefined: it is whole. */
export function readConcatenation(pdu: Pdu, header: Buffer): IncomingText['concatenation'] {
  for (const { id, data } of elements(header)) {
    const wide = id === CONCATENATION_16 && data.length === 4;
    if (!wide && !(id === CONCATENATION_8 && data.length === 3)) continue;
    const reference = wide ? data.readUInt16BE(0) : data.readUInt8(0);
    return partOf(reference, data[data.length - 1], data[data.length - 2]);
  }
  const reference = pdu.number('sar_msg_ref_num');
  if (reference === undefined) return undefined;
  return partOf(reference, pdu.number('sar_segment_seqnum'), pdu.number('sar_total_segments'));
}

function partOf(reference: number, part = 0, of = 0): IncomingText['concatenation'] {
  return of > 1 && part >= 1 && part <= of ? { reference, part, of } : undefined;
}

/** The elements of a user data header (3GPP TS 23.040, 9.2.3.24); what is cut off is left out. */
export function elements(header: Uint8Array): { id: number; data: Buffer }[] {
  const octets = Buffer.from(header);
  const found: { id: number; data: Buffer }[] = [];
  for (let at = 1; at + 2 <= octets.length;) {
    const [id = 0, length = 0] = octets.subarray(at, at + 2);
    const data = octets.subarray(at + 2, at + 2 + length);
    if (data.length < length) break;
    found.push({ id, data });
    at += 2 + length;
  }
  return found;
}

/** `+` before what is international, or of an unknown type and as long as a number with its country. */
export function readAddress(pdu: Pdu, which: 'source' | 'dest'): string {
  const address = pdu.text(which === 'source' ? 'source_addr' : 'destination_addr').trim();
  const ton = pdu.number(`${which}_addr_ton`) ?? 0;
  if (!/^\d+$/.test(address)) return address;
  const isLong = address.length >= LEAST_DIGITS_OF_A_NUMBER && !address.startsWith('0');
  return ton === TON_INTERNATIONAL || (ton === 0 && isLong) ? `+${address}` : address;
}
