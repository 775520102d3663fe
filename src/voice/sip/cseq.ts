import { SipParseError } from '#voice/sip/sip-parse-error.js';

export interface CSeq {
  number: number;
  method: string;
}

const CSEQ = /^[ \t]*(\d+)[ \t]+([A-Za-z0-9\-.!%*_+`'~]+)[ \t]*$/;
/** RFC 3261 section 8.1.1.5. */
const CSEQ_LIMIT = 2 ** 31;

/** @throws SipParseError */
export function parseCSeq(value: string): CSeq {
  const match = CSEQ.exec(value);
  if (match === null) throw new SipParseError('Malformed CSeq');
  const number = Number(match[1]);
  if (number >= CSEQ_LIMIT) throw new SipParseError('CSeq out of range');
  return { number, method: match[2]! };
}
