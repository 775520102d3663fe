import type { Receipt } from '#carriers/carrier.js';
import { acceptedId, receiptId } from '#carriers/smpp-message-id.js';
import type { Pdu } from '#carriers/smpp-pdu.js';
import type { SmppSetup } from '#carriers/smpp-settings.js';

/** esm_class, message type (SMPP 3.4, 5.2.12). */
const MESSAGE_TYPE = 0x3c;
const RECEIPT_TYPES = [0x04, 0x08, 0x10, 0x20];

/** message_state (5.2.28) and its short form in the text of a receipt (Appendix B). */
const STATES: readonly (Receipt['state'] | undefined)[] = [
  undefined,
  'accepted',
  'delivered',
  'expired',
  'undelivered',
  'undelivered',
  'accepted',
  'unknown',
  'rejected',
];
const STATE_WORDS: Readonly<Record<string, Receipt['state']>> = {
  ENROUTE: 'accepted',
  DELIVRD: 'delivered',
  EXPIRED: 'expired',
  DELETED: 'undelivered',
  UNDELIV: 'undelivered',
  ACCEPTD: 'accepted',
  UNKNOWN: 'unknown',
  REJECTD: 'rejected',
};

/** Whether a deliver_sm or data_sm reports on a text of ours instead of bringing one. */
export function isReceipt(pdu: Pdu, text: string, settings: Pick<SmppSetup, 'receiptsByText'>): boolean {
  if (RECEIPT_TYPES.includes((pdu.number('esm_class') ?? 0) & MESSAGE_TYPE)) return true;
  if (pdu.text('receipted_message_id') !== '') return true;
  return settings.receiptsByText && /^\s*id:\s*\S+\s+sub:.*\bstat:/is.test(text);
}

/**
 * Undefined where it names no text. Times are left out: those of Appendix B are of the carrier's clock in a zone that it
 * does not say.
 */
export function readReceipt(
  pdu: Pdu,
  text: string,
  settings: Pick<SmppSetup, 'messageId'>,
): Omit<Receipt, 'from' | 'to'> | undefined {
  const inText = receiptId(settings.messageId, field(text, 'id') ?? '');
  // What the parameter holds is the id of the answer to our submit_sm (5.3.2.12).
  const theirId = inText ?? acceptedId(settings.messageId, pdu.text('receipted_message_id'));
  if (theirId === undefined) return undefined;
  const word = field(text, 'stat')?.toUpperCase() ?? '';
  const state = STATES[pdu.number('message_state') ?? 0] ?? STATE_WORDS[word] ?? 'unknown';
  const code = networkCode(pdu.octets('network_error_code')) ?? field(text, 'err');
  return {
    theirId,
    state,
    ...(code === undefined || /^0*$/.test(code) ? {} : { code }),
    ...(word === '' ? {} : { detail: word }),
  };
}

/** `id:4a sub:001 … done date:…`, in whatever order and with whatever spaces. */
function field(text: string, name: string): string | undefined {
  return new RegExp(`(?:^|\\s)${name}:\\s*(\\S+)`, 'i').exec(text)?.[1];
}

/** A type of network and its code (5.3.2.31). */
function networkCode(octets: Buffer): string | undefined {
  return octets.length === 3 ? String(octets.readUInt16BE(1)) : undefined;
}
