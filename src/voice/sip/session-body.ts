/** Session descriptions in SIP messages, and what we say of those that we cannot take. */
import type { SipMessage } from '#voice/sip/message.js';
import { ALLOW, SDP_TYPE } from '#voice/sip/signalling.js';
import { SUPPORTED } from '#voice/sip/unsupported.js';

/** Of an answer that says what may be asked of us within a call (RFC 3261 section 11.2). */
export const CAPABILITIES = [
  ['Allow', ALLOW],
  ['Supported', SUPPORTED.join(', ')],
  ['Accept', SDP_TYPE],
] as const;

/** Without Content-Type a body is taken for what it must be (RFC 3261 section 13.2.1); packed ones are not unpacked. */
export function isSdp({ headers }: SipMessage): boolean {
  const type = headers.get('Content-Type');
  const encoding = headers.get('Content-Encoding') ?? 'identity';
  if (encoding.trim().toLowerCase() !== 'identity') return false;
  return type === undefined || type.split(';')[0]?.trim().toLowerCase() === SDP_TYPE;
}

/** 399, miscellaneous (RFC 3261 section 20.43). */
export function warning(text: string): string {
  return `399 sidetone "${text.replace(/["\\]/g, "'")}"`;
}
