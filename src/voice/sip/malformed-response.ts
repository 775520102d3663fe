import { createResponse } from '#voice/sip/create-response.js';
import type { SipResponse } from '#voice/sip/message.js';
import type { SipParseError } from '#voice/sip/sip-parse-error.js';
import type { Peer } from '#voice/sip/transport.js';
import { noteReceived } from '#voice/sip/via-received.js';

/** What the sender of something malformed is told; undefined when it cannot be told anything. Keeps no state. */
export function malformedResponse({ request, status, message }: SipParseError, from: Peer): SipResponse | undefined {
  if (request === undefined) return undefined;
  noteReceived(request, from);
  return createResponse(request, status, { reason: message });
}
