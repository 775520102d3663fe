/** Reliable provisional answers as their caller takes them (RFC 3262 section 4): each one once, and in their order. */
import { parseCSeq } from '#voice/sip/cseq.js';
import type { SipResponse } from '#voice/sip/message.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import { hasOption } from '#voice/sip/unsupported.js';

const MAX_SEQUENCE = 2 ** 32;

export class ProvisionalOrder {
  #last: number | undefined;

  /**
   * Whether the response is to be heard, and the value of RAck of the PRACK for it: none for one that is not reliable. One
   * that comes again is not acknowledged again, and one that comes before its turn will come again.
   */
  take(response: SipResponse): { isNew: boolean; rack?: string } {
    if (response.status === 100 || !hasOption(response, 'Require', '100rel')) return { isNew: true };
    const text = response.headers.get('RSeq')?.trim() ?? '';
    const sequence = Number(text);
    if (!/^\d{1,10}$/.test(text) || sequence === 0 || sequence >= MAX_SEQUENCE)
      throw new SipParseError('Malformed RSeq');
    if (this.#last !== undefined && sequence !== this.#last + 1) return { isNew: false };
    this.#last = sequence;
    const { number, method } = parseCSeq(response.headers.get('CSeq') ?? '');
    return { isNew: true, rack: `${sequence} ${number} ${method}` };
  }
}
