import type { OutgoingText, TextPart } from '#carriers/carrier.js';
import { elements } from '#carriers/smpp-incoming.js';
import type { PduFields } from '#carriers/smpp-pdu.js';
import type { SmppSetup } from '#carriers/smpp-settings.js';

const INTERNATIONAL = { ton: 1, npi: 1 };
const ALPHANUMERIC = { ton: 5, npi: 0 };
const UDH_INDICATOR = 0x40;
/** Header elements that say which part of a text this is. */
const CONCATENATIONS = [0x00, 0x08];
const DAY_SECONDS = 86_400;
const LONGEST_VALIDITY_DAYS = 31;

/** The fields of the submit_sm for each part, or of the only one where the carrier takes texts whole (4.4.1). */
export function submitFields(text: OutgoingText, settings: SmppSetup): PduFields[] {
  const { concatenation } = settings;
  if (concatenation !== 'payload' || text.of === 1) {
    return text.parts.map((part) => ({ ...headFields(text, settings), ...partFields(text, part, concatenation) }));
  }
  const header = withoutConcatenation(text.parts[0]?.header ?? Buffer.alloc(0));
  const octets = Buffer.concat([header, ...text.parts.map(({ body }) => body)]);
  const whole = { esm_class: esmClass(header), short_message: Buffer.alloc(0), message_payload: octets };
  return [{ ...headFields(text, settings), ...whole }];
}

function headFields(text: OutgoingText, settings: SmppSetup): PduFields {
  const source = text.from.startsWith('+')
    ? INTERNATIONAL
    : /^\d+$/.test(text.from)
      ? { ton: settings.shortCodeTon, npi: settings.shortCodeNpi }
      : ALPHANUMERIC;
  const asWritten = (address: string): string =>
    settings.numberForm === 'bare' ? address.replace(/^\+/, '') : address;
  return {
    service_type: settings.serviceType,
    source_addr_ton: source.ton,
    source_addr_npi: source.npi,
    source_addr: asWritten(text.from),
    dest_addr_ton: INTERNATIONAL.ton,
    dest_addr_npi: INTERNATIONAL.npi,
    destination_addr: asWritten(text.to),
    validity_period: validityPeriod(text.validitySeconds),
    registered_delivery: 1,
    data_coding: text.encoding === 'ucs2' ? 8 : 0,
    ...(settings.userMessageReference ? { user_message_reference: text.reference & 0xffff } : {}),
  };
}

function partFields(text: OutgoingText, part: TextPart, concatenation: SmppSetup['concatenation']): PduFields {
  const bySar = concatenation === 'sar' && text.of > 1;
  const header = bySar ? withoutConcatenation(part.header) : Buffer.from(part.header);
  return {
    esm_class: esmClass(header),
    short_message: Buffer.concat([header, part.body]),
    ...(bySar
      ? {
          sar_msg_ref_num: text.reference & 0xffff,
          sar_total_segments: text.of,
          sar_segment_seqnum: part.part,
        }
      : {}),
  };
}

function esmClass(header: Buffer): number {
  return header.length > 0 ? UDH_INDICATOR : 0;
}

/** What is left of a header: national tables. */
function withoutConcatenation(header: Uint8Array): Buffer {
  const kept = elements(header).filter(({ id }) => !CONCATENATIONS.includes(id));
  const octets = Buffer.concat(kept.map(({ id, data }) => Buffer.concat([Buffer.from([id, data.length]), data])));
  return octets.length === 0 ? octets : Buffer.concat([Buffer.from([octets.length]), octets]);
}

/** Relative time, `YYMMDDhhmmss000R` (SMPP 3.4, 7.1.1.2); more than a month is a month. */
export function validityPeriod(seconds: number): string {
  const left = Math.min(Math.max(1, Math.floor(seconds)), LONGEST_VALIDITY_DAYS * DAY_SECONDS);
  const parts = [left / DAY_SECONDS, (left / 3600) % 24, (left / 60) % 60, left % 60];
  return `0000${parts.map((part) => String(Math.floor(part)).padStart(2, '0')).join('')}000R`;
}
