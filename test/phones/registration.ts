import { randomBytes } from 'node:crypto';
import { answerChallenge, DigestGate, type Credentials, type DigestAlgorithm } from './digest.js';
import { parseNameAddress, parseUri } from './sip-address.js';
import { SipHeaders, type SipRequest, type SipResponse } from './sip-text.js';
import { newTag, type ServerTransaction } from './server-transaction.js';
import type { Transactions } from './transactions.js';
import { Watch } from './watch.js';

export interface RegisterOptions extends Credentials {
  server: { host: string; port: number };
  /** The host part of the address of record; default the server's. */
  domain?: string;
  /** Seconds; 0 removes the registration. Default 300. */
  expires?: number;
}

/** REGISTER (RFC 3261 section 10), again with the answer to one challenge. Rejects when nothing responds. */
export async function sendRegister(
  transactions: Transactions,
  contact: string,
  options: RegisterOptions,
): Promise<SipResponse> {
  const { server, user, expires = 300 } = options;
  const address = `<sip:${user}@${options.domain ?? server.host}>`;
  const { transport } = transactions.wire;
  const uri = `sip:${options.domain ?? `${server.host}:${server.port}`}`;
  const dialogless = { from: `${address};tag=${newTag()}`, callId: randomBytes(12).toString('hex') };
  const attempt = (sequence: number, authorization?: { name: string; value: string }): Promise<SipResponse> => {
    const headers = SipHeaders.of({ 'Max-Forwards': '70', From: dialogless.from, To: address });
    headers.add('Call-ID', dialogless.callId).add('CSeq', `${sequence} REGISTER`);
    headers.add('Contact', `<${contact}>`).add('Expires', String(expires));
    if (authorization) headers.add(authorization.name, authorization.value);
    const request: SipRequest = { kind: 'request', method: 'REGISTER', uri, headers, body: '' };
    return new Promise((resolve, reject) => {
      const answered = (response: SipResponse): void => {
        if (response.status >= 200) resolve(response);
      };
      transactions.request(request, { transport, ...server }, answered, () =>
        reject(new Error(`no response to REGISTER from ${server.host}:${server.port}`)),
      );
    });
  };
  const first = await attempt(1);
  if (first.status !== 401 && first.status !== 407) return first;
  const answer = answerChallenge(first, { method: 'REGISTER', uri }, options);
  return answer ? attempt(2, answer) : first;
}

/** The least of a registrar: checks the password, keeps one contact per user. For tests of phones that register. */
export class Registrar {
  /** Contact URIs by user name. */
  readonly contacts = new Map<string, string>();
  readonly #gate: DigestGate;
  readonly #watch = new Watch();

  constructor(passwords: Readonly<Record<string, string>>, algorithm: DigestAlgorithm) {
    this.#gate = new DigestGate({
      passwords,
      realm: 'registrar.example',
      algorithms: [algorithm],
      qop: true,
      as: 'server',
    });
  }

  get counts(): DigestGate['counts'] {
    return this.#gate.counts;
  }

  /** Until the user has registered; resolves with the contact. */
  registered(user: string): Promise<string> {
    const seen = (): string => `contacts ${JSON.stringify([...this.contacts])}, ${JSON.stringify(this.counts)}`;
    return this.#watch.until(`a registration of ${user}`, () => this.contacts.get(user), seen);
  }

  receive(request: SipRequest, transaction: ServerTransaction): void {
    const refused = this.#gate.check(request);
    if (refused) {
      transaction.respond(refused.status, refused.phrase, { headers: refused.headers });
      return;
    }
    const { user } = parseUri(parseNameAddress(request.headers.get('To')).uri);
    const contact = parseNameAddress(request.headers.get('Contact'));
    const expires = Number(contact.params.expires ?? (request.headers.get('Expires') || '3600'));
    if (expires === 0) this.contacts.delete(user);
    else this.contacts.set(user, contact.uri);
    const headers =
      expires === 0 ? new SipHeaders() : SipHeaders.of({ Contact: `<${contact.uri}>;expires=${expires}` });
    transaction.respond(200, 'OK', { headers });
    this.#watch.changed();
  }
}
