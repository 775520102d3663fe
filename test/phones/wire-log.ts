import type { SipMessage, SipRequest } from './sip-text.js';
import type { SipTransport } from './sip-wire.js';

/** One message as it crossed the wire, or would have. */
export interface WireEntry {
  direction: 'in' | 'out';
  message: SipMessage;
  peer: { transport: SipTransport; host: string; port: number };
  /** By the seeded loss: the other side (out) or the phone (in) never saw it. */
  lost: boolean;
}

/** Enough to follow a call by, short enough for the text of a failure. */
const LONGEST_STORY = 40;

/** Requests that arrived and were not lost, repetitions included. */
export function requestsIn(log: readonly WireEntry[], method?: string): SipRequest[] {
  return log.flatMap(({ direction, lost, message }) =>
    direction === 'in' && !lost && message.kind === 'request' && (method === undefined || message.method === method)
      ? [message]
      : [],
  );
}

/** The last messages in short: `<` came, `>` went, `x` was lost. */
export function storyOf(log: readonly WireEntry[], callId?: string): string {
  return log
    .filter(({ message }) => callId === undefined || message.headers.get('Call-ID') === callId)
    .slice(-LONGEST_STORY)
    .map(({ direction, message, lost }) => {
      const text = message.kind === 'request' ? message.method : `${message.status}/${message.headers.get('CSeq')}`;
      return `${direction === 'in' ? '<' : '>'}${lost ? 'x' : ''}${text}`;
    })
    .join(' ');
}
