import { SipParseError } from '#voice/sip/sip-parse-error.js';

/** It is kept as long as a subscription lives. */
const MAX_ID_LENGTH = 64;

/** `refer;id=3` (RFC 6665 section 8.2.1). @throws SipParseError */
export function readEvent(value: string | undefined): { name: string; id: string | undefined } {
  const [name = '', ...params] = (value ?? '').split(';').map((part) => part.trim());
  const id = params.find((param) => param.toLowerCase().startsWith('id='))?.slice('id='.length);
  if (id !== undefined && id.length > MAX_ID_LENGTH) throw new SipParseError('Event id is too long');
  return { name: name.toLowerCase(), id };
}
