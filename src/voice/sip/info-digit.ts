/** Keys by SIP INFO: `application/dtmf-relay` (`Signal=5`, `Duration=160`) and `application/dtmf` (`5`). */
import type { SipRequest } from '#voice/sip/message.js';

export const DTMF_RELAY_TYPE = 'application/dtmf-relay';
export const DTMF_TYPES = `${DTMF_RELAY_TYPE}, application/dtmf`;

export interface InfoDigit {
  /** 0–9, *, #, A–D. */
  digit: string;
  durationMs: number;
}

const KEYS = '0123456789*#ABCD';
const DEFAULT_DURATION_MS = 160;
const MAX_DURATION_MS = 10_000;

/** `unknown`: a body of another kind. Undefined: DTMF, but no key that we know (a hook flash, say). */
export function readInfoDigit(request: SipRequest): InfoDigit | undefined | 'unknown' {
  const type = request.headers.get('Content-Type')?.split(';')[0]?.trim().toLowerCase();
  const body = request.body.subarray(0, 256).toString('latin1');
  if (type === 'application/dtmf') return keyOf(body.trim(), DEFAULT_DURATION_MS);
  if (type !== DTMF_RELAY_TYPE) return 'unknown';
  const signal = /^\s*Signal\s*=\s*(\S+)/im.exec(body)?.[1] ?? '';
  const duration = Number(/^\s*Duration\s*=\s*(\d{1,6})/im.exec(body)?.[1] ?? DEFAULT_DURATION_MS);
  return keyOf(signal, Math.min(duration, MAX_DURATION_MS));
}

/** The body of an INFO of ours, of `DTMF_RELAY_TYPE`. */
export function writeInfoDigit(digit: string, durationMs: number): Buffer {
  return Buffer.from(`Signal=${digit}\r\nDuration=${Math.round(durationMs)}\r\n`);
}

/** A key as itself or as its event number (RFC 4733 section 3.2: 10 is *, 11 is #, 12–15 are A–D). */
function keyOf(text: string, durationMs: number): InfoDigit | undefined {
  const digit = /^1[0-5]$/.test(text) ? KEYS[Number(text)] : text.length === 1 ? text.toUpperCase() : undefined;
  return digit !== undefined && KEYS.includes(digit) ? { digit, durationMs } : undefined;
}
