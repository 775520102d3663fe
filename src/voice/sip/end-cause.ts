/** From SIP statuses and headers to the engine's closed set of causes. */
import type { EndCause } from '#voice/engine.js';
import type { SipMessage, SipResponse } from '#voice/sip/message.js';

const CAUSES: Readonly<Record<number, EndCause>> = {
  401: 'forbidden',
  403: 'forbidden',
  404: 'unallocated',
  407: 'forbidden',
  408: 'no_answer',
  410: 'unallocated',
  415: 'incompatible',
  429: 'congestion',
  480: 'no_answer',
  484: 'unallocated',
  486: 'busy',
  488: 'incompatible',
  503: 'congestion',
  600: 'busy',
  603: 'rejected',
  604: 'unallocated',
  606: 'incompatible',
  607: 'rejected',
  608: 'rejected',
};

/**
 * Why a final answer other than 2xx ended a leg. Retry-After makes congestion only of an answer that says nothing more
 * exact: a busy callee may send it too.
 */
export function causeOfResponse(response: SipResponse): EndCause {
  if (response.status < 400) return 'redirected';
  return CAUSES[response.status] ?? (retryAfterSeconds(response) === undefined ? 'carrier_error' : 'congestion');
}

const MAX_RETRY_AFTER_SECONDS = 86_400;

/** The number of seconds in Retry-After (RFC 3261 section 20.33), at most a day. */
export function retryAfterSeconds(response: SipResponse): number | undefined {
  const seconds = /^\s*(\d{1,10})\b/.exec(response.headers.get('Retry-After') ?? '')?.[1];
  return seconds === undefined ? undefined : Math.min(Number(seconds), MAX_RETRY_AFTER_SECONDS);
}

const MAX_REASON_LENGTH = 200;

/**
 * The Reason header (RFC 3326) of a BYE or CANCEL, or of a response, else the response's phrase with what Warning says
 * (RFC 3261 section 20.43); at most 200 characters.
 */
export function reasonOf(message: SipMessage): string | undefined {
  const text = message.headers.getAll('Reason').join(', ') || (message.kind === 'response' ? phraseOf(message) : '');
  return text === '' ? undefined : text.slice(0, MAX_REASON_LENGTH);
}

function phraseOf({ reason, headers }: SipResponse): string {
  return [reason, ...headers.getAll('Warning').map((warning) => `Warning: ${warning}`)]
    .filter((part) => part !== '')
    .join('; ');
}

/** A Reason header (RFC 3326) of ours. Control characters and quotes cannot get into the message through it. */
export function reasonHeader(sipCode: number | undefined, text: string | undefined): string | undefined {
  if (sipCode === undefined && text === undefined) return undefined;
  const parts = ['SIP'];
  if (sipCode !== undefined) parts.push(`cause=${sipCode}`);
  // eslint-disable-next-line no-control-regex -- these are what must not be written
  if (text !== undefined) parts.push(`text="${text.replace(/[\x00-\x1f\x7f"\\]/g, ' ').slice(0, MAX_REASON_LENGTH)}"`);
  return parts.join(';');
}
