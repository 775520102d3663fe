import type { SmppSetup } from '#carriers/smpp-settings.js';

type Form = SmppSetup['messageId'];

/** The id with which a carrier accepted a text, in the form in which its receipts are looked up; empty: undefined. */
export function acceptedId(form: Form, id: string): string | undefined {
  const trimmed = id.trim();
  if (trimmed === '') return undefined;
  if (form === 'hex_to_decimal') return (fromHex(trimmed) ?? trimmed).toString();
  if (form === 'decimal_to_hex') return fromDecimal(trimmed)?.toString(16) ?? trimmed;
  return trimmed;
}

/** The id in the text of a receipt, in the same form: without zeros in front, and letters small. */
export function receiptId(form: Form, id: string): string | undefined {
  const trimmed = id.trim();
  if (trimmed === '') return undefined;
  if (form === 'hex_to_decimal') return (fromDecimal(trimmed) ?? trimmed).toString();
  if (form === 'decimal_to_hex') return fromHex(trimmed)?.toString(16) ?? trimmed;
  return trimmed;
}

function fromHex(id: string): bigint | undefined {
  return /^[0-9a-f]{1,64}$/i.test(id) ? BigInt(`0x${id}`) : undefined;
}

function fromDecimal(id: string): bigint | undefined {
  return /^\d{1,64}$/.test(id) ? BigInt(id) : undefined;
}
