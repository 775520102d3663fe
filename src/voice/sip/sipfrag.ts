/** The body of a NOTIFY about a REFER: a status line (RFC 3420, RFC 3515 section 2.4.5). */
import { reasonPhrase } from '#voice/sip/status.js';

export const SIPFRAG_TYPE = 'message/sipfrag;version=2.0';

export function formatSipfrag(status: number): Buffer {
  return Buffer.from(`SIP/2.0 ${status} ${reasonPhrase(status)}\r\n`);
}

/** The status; undefined where the body does not begin with a status line. */
export function readSipfrag(body: Buffer): number | undefined {
  const status = /^SIP\/2\.0[ \t]+([1-6]\d\d)(?!\d)/i.exec(body.toString('latin1', 0, 64))?.[1];
  return status === undefined ? undefined : Number(status);
}
