import { parseCSeq } from '#voice/sip/cseq.js';
import { Headers, type SipRequest, type SipResponse } from '#voice/sip/message.js';

/** The ACK of a refused INVITE, hop by hop (RFC 3261 section 17.1.1.3). `invite` is as sent, with its Via on top. */
export function createAck(invite: SipRequest, response: SipResponse): SipRequest {
  return hopRequest('ACK', invite, response.headers.get('To'));
}

/** RFC 3261 section 9.1. `reason` is the value of a Reason field (RFC 3326). */
export function createCancel(invite: SipRequest, reason?: string): SipRequest {
  const cancel = hopRequest('CANCEL', invite, invite.headers.get('To'));
  if (reason !== undefined) cancel.headers.add('Reason', reason);
  return cancel;
}

function hopRequest(method: string, invite: SipRequest, to: string | undefined): SipRequest {
  const headers = new Headers();
  copy('Via');
  copy('Max-Forwards');
  for (const route of invite.headers.getAll('Route')) headers.add('Route', route);
  copy('From');
  if (to !== undefined) headers.add('To', to);
  copy('Call-ID');
  headers.add('CSeq', `${parseCSeq(invite.headers.get('CSeq') ?? '').number} ${method}`);
  return { kind: 'request', method, uri: invite.uri, headers, body: Buffer.alloc(0) };

  function copy(name: string): void {
    const value = invite.headers.get(name);
    if (value !== undefined) headers.add(name, value);
  }
}
