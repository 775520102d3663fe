import smpp, { type Field } from 'smpp';

/**
 * SMPP's protocol data units as octets. Their layout is the library's; the stream, its limits and everything that waits
 * are ours (`smpp-session.ts`).
 */

export interface Pdu {
  /** As the specification names it; `unknown` for others. */
  readonly command: string;
  readonly isResponse: boolean;
  readonly status: number;
  readonly sequence: number;
  /** Empty where it is not there. */
  text(name: string): string;
  octets(name: string): Buffer;
  /** Undefined where it is not there. */
  number(name: string): number | undefined;
}

export type PduFields = Record<string, Field>;

export const ESME_ROK = 0x00;
export const ESME_RINVCMDID = 0x03;
export const ESME_RINVBNDSTS = 0x04;
export const ESME_RX_T_APPN = 0x64;
export const ESME_RX_P_APPN = 0x65;
export const ESME_RINVOPTPARSTREAM = 0xc0;

/** A PDU has a head of four numbers (SMPP 3.4, 3.2). */
export const HEAD_OCTETS = 16;
/** Longer ones end the connection. The library has the same limit. */
export const MAX_PDU_OCTETS = 16_384;

const { int8, cstring, buffer, tlv } = smpp.types;
// The library turns texts and times into strings and dates of its own accord, by rules that lose characters and fail on
// what is malformed. Ours are octets as they come.
const SHORT_MESSAGE = Object.fromEntries(
  Object.entries({
    service_type: cstring,
    source_addr_ton: int8,
    source_addr_npi: int8,
    source_addr: cstring,
    dest_addr_ton: int8,
    dest_addr_npi: int8,
    destination_addr: cstring,
    esm_class: int8,
    protocol_id: int8,
    priority_flag: int8,
    schedule_delivery_time: cstring,
    validity_period: cstring,
    registered_delivery: int8,
    replace_if_present_flag: int8,
    data_coding: int8,
    sm_default_msg_id: int8,
    short_message: buffer,
  }).map(([name, type]) => [name, { type }]),
);
smpp.addCommand('submit_sm', { id: 0x00000004, params: SHORT_MESSAGE });
smpp.addCommand('deliver_sm', { id: 0x00000005, params: SHORT_MESSAGE });
smpp.addTLV('message_payload', { id: 0x0424, type: tlv.buffer });

/** The octets of one PDU. */
export function writePdu(command: string, sequence: number, status: number, fields: PduFields = {}): Buffer {
  return new smpp.PDU(command, { ...fields, sequence_number: sequence, command_status: status }).toBuffer();
}

/** Reads one PDU, as long as its head says. @throws where its body is malformed */
export function readPdu(octets: Buffer): Pdu {
  const pdu = new smpp.PDU(octets);
  const fields = pdu as unknown as Record<string, unknown>;
  return {
    command: pdu.command,
    isResponse: pdu.isResponse(),
    status: pdu.command_status,
    sequence: pdu.sequence_number,
    text: (name) => (typeof fields[name] === 'string' ? fields[name] : ''),
    octets: (name) => (Buffer.isBuffer(fields[name]) ? fields[name] : Buffer.alloc(0)),
    number: (name) => (typeof fields[name] === 'number' ? fields[name] : undefined),
  };
}

/** The head alone: what is left of a PDU whose body cannot be read. */
export function readHead(octets: Buffer): { id: number; sequence: number } {
  return { id: octets.readUInt32BE(4), sequence: octets.readUInt32BE(12) };
}

/** `0x00000005` is deliver_sm; undefined for what there is not. */
export function commandOf(id: number): string | undefined {
  return Object.entries(smpp.commands).find(([, command]) => command.id === id)?.[0];
}

/** Cuts a stream into PDUs, however it is fragmented. */
export class PduStream {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
  }

  /** The next whole PDU. @throws Error where the stream cannot be followed any more */
  next(): Buffer | undefined {
    if (this.#rest.length < 4) return undefined;
    const length = this.#rest.readUInt32BE(0);
    if (length < HEAD_OCTETS || length > MAX_PDU_OCTETS) throw new Error(`a PDU of ${length} octets`);
    if (this.#rest.length < length) return undefined;
    const octets = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return octets;
  }
}
