import { createResponse } from '#voice/sip/create-response.js';
import { newBranch } from '#voice/sip/ids.js';
import type { WireTransport } from '#voice/sip/lossy-wire.fixture.js';
import { Headers, type SipRequest, type SipResponse } from '#voice/sip/message.js';
import type { Peer } from '#voice/sip/transport.js';

export interface Answering {
  toTag?: string;
  reason?: string;
  sdp?: string;
  contact?: string;
  headers?: [string, string][];
}

export interface Asking {
  uri?: string;
  from?: string;
  to?: string;
  callId?: string;
  sequence?: number;
  branch?: string;
  /** In place of the usual fields; an empty value leaves the field out. */
  headers?: [string, string][];
  sdp?: string;
}

/** For tests: a far end that says exactly what the test wants, without transactions of its own. */
export class ScriptedPeer {
  readonly received: (SipRequest | SipResponse)[] = [];
  readonly #transport: WireTransport;
  readonly #engine: Peer;

  constructor(transport: WireTransport, engine: Peer) {
    this.#transport = transport;
    this.#engine = engine;
    transport.onMessage((message) => void this.received.push(message));
  }

  get peer(): Peer {
    return this.#transport.peer;
  }

  get address(): string {
    return this.peer.address;
  }

  /** What came, as `INVITE` or `200 BYE`; forgets it. */
  heard(): string[] {
    return this.received.splice(0).map((message) => {
      const method = message.headers.get('CSeq')?.split(' ')[1] ?? '';
      return message.kind === 'request' ? message.method : `${message.status} ${method}`;
    });
  }

  /** The last request of that method. */
  request(method: string): SipRequest {
    const found = this.received.findLast((message) => message.kind === 'request' && message.method === method);
    if (found?.kind !== 'request') throw new Error(`no ${method} came, but ${this.heard().join(', ')}`);
    return found;
  }

  /** The last response with that status. */
  response(status: number): SipResponse {
    const found = this.received.findLast((message) => message.kind === 'response' && message.status === status);
    if (found?.kind !== 'response') throw new Error(`no ${status} came, but ${this.heard().join(', ')}`);
    return found;
  }

  respond(request: SipRequest, status: number, answering: Answering = {}): void {
    const { toTag = 'peer', reason, sdp, contact = `<sip:callee@${this.address}:5060>`, headers = [] } = answering;
    const response = createResponse(request, status, {
      toTag,
      ...(reason !== undefined && { reason }),
      headers: [
        ...(status > 100 && status < 300 ? ([['Contact', contact]] as [string, string][]) : []),
        ...(sdp !== undefined ? ([['Content-Type', 'application/sdp']] as [string, string][]) : []),
        ...headers,
      ],
      ...(sdp !== undefined && { body: Buffer.from(sdp) }),
    });
    this.#transport.send(response, this.#engine, fail);
  }

  /** Sends a request of our own making; without a To tag it is outside of dialogs. */
  ask(method: string, asking: Asking = {}): SipRequest {
    const user = asking.uri ?? `sip:+18005550199@${this.#engine.address}`;
    const { from = `<sip:+12025550100@${this.address}>;tag=caller`, to = `<${user}>`, callId = 'call-1' } = asking;
    const headers = Headers.of([
      ['Via', `SIP/2.0/UDP ${this.address}:5060;rport;branch=${asking.branch ?? newBranch()}`],
      ['Max-Forwards', '70'],
      ['From', from],
      ['To', to],
      ['Call-ID', callId],
      ['CSeq', `${asking.sequence ?? 1} ${method}`],
      ['Contact', `<sip:caller@${this.address}:5060>`],
      ...(asking.sdp !== undefined ? ([['Content-Type', 'application/sdp']] as [string, string][]) : []),
    ]);
    for (const [name, value] of asking.headers ?? []) {
      if (value === '') headers.remove(name);
      else headers.set(name, value);
    }
    const body = Buffer.from(asking.sdp ?? '');
    const request: SipRequest = { kind: 'request', method, uri: user, headers, body };
    this.send(request);
    return request;
  }

  send(request: SipRequest): void {
    this.#transport.send(request, this.#engine, fail);
  }
}

function fail(error: Error): void {
  throw error;
}

/** A session description with G.711 µ-law and telephone events. */
export function sdpOf(address: string, port = 40_000, ...attributes: string[]): string {
  return [
    'v=0',
    `o=- 1 1 IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP 0 101`,
    'a=rtpmap:101 telephone-event/8000',
    ...attributes.map((attribute) => `a=${attribute}`),
    '',
  ].join('\r\n');
}
