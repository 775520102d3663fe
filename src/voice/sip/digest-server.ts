import { timingSafeEqual } from 'node:crypto';
import { formatChallenge, parseAuthHeader } from '#voice/sip/auth-header.js';
import { digestAlgorithm, digestResponse, type DigestAlgorithm } from '#voice/sip/digest.js';
import type { SipRequest } from '#voice/sip/message.js';
import { Nonces, type NonceOptions } from '#voice/sip/nonce.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import type { Peer } from '#voice/sip/transport.js';
import { parseUri } from '#voice/sip/uri.js';

export interface DigestServerOptions extends NonceOptions {
  realm: string;
  /**
   * In the order they are offered; others are not taken. Default MD5 alone: many phones answer the first challenge only,
   * or refuse the whole answer when they do not know one of the algorithms (baresip 1.0.0 does).
   */
  algorithms?: readonly DigestAlgorithm[];
}

export type DigestVerdict =
  | { ok: true; username: string }
  /**
   * `missing`: no credentials for our realm. `malformed`: credentials that cannot be right, or computed in a way that was
   * not offered, such as the `-sess` algorithms and `auth-int` (answer 400).
   */
  | { ok: false; why: 'missing' | 'malformed' }
  /** The nonce is foreign or worn out; challenge again, `stale` when the client may retry without asking its user. */
  | { ok: false; why: 'nonce'; stale: boolean; username: string }
  /** Wrong user or password under a nonce that we issued to this very address: proof that the address is not forged. */
  | { ok: false; why: 'wrong'; username: string };

/** A password stands in for that of a user who does not exist, so that both take the same time to refuse. */
const NO_PASSWORD = 'x'.repeat(16);

/** Challenges and verifies (RFC 3261 section 22, RFC 7616, RFC 8760), `qop=auth` or none. */
export class DigestServer {
  readonly #nonces: Nonces;
  readonly #realm: string;
  readonly #algorithms: readonly DigestAlgorithm[];

  constructor({ realm, algorithms = ['MD5'], ...nonces }: DigestServerOptions) {
    this.#nonces = new Nonces(nonces);
    this.#realm = realm;
    this.#algorithms = algorithms;
  }

  /** Values for WWW-Authenticate fields, one each. */
  challenges(
    peer: Peer,
    options: { stale?: boolean; algorithms?: readonly DigestAlgorithm[] | undefined } = {},
  ): string[] {
    const nonce = this.#nonces.issue(peer.address);
    return (options.algorithms ?? this.#algorithms).map((algorithm) => {
      const params = new Map([
        ['realm', this.#realm],
        ['nonce', nonce],
        ['algorithm', algorithm],
        ['qop', 'auth'],
      ]);
      if (options.stale === true) params.set('stale', 'true');
      return formatChallenge(params);
    });
  }

  /**
   * Judges the credentials of a request, in Authorization or, from phones that take us for a proxy, in
   * Proxy-Authorization. `passwordOf` gives the user's password, undefined for nobody.
   * A nonce without `qop` (old clients) is good for one request.
   */
  verify(
    request: SipRequest,
    peer: Peer,
    passwordOf: (username: string) => string | undefined,
    algorithms = this.#algorithms,
  ): DigestVerdict {
    try {
      const params = this.#credentials(request);
      if (params === undefined) return { ok: false, why: 'missing' };
      const algorithm = digestAlgorithm(params.get('algorithm'));
      if (algorithm === undefined || !algorithms.includes(algorithm)) return { ok: false, why: 'malformed' };
      return this.#judge(params, algorithm, request, peer, passwordOf);
    } catch (error) {
      if (error instanceof SipParseError) return { ok: false, why: 'malformed' };
      throw error;
    }
  }

  #credentials(request: SipRequest): Map<string, string> | undefined {
    return [...request.headers.getAll('Authorization'), ...request.headers.getAll('Proxy-Authorization')]
      .map(parseAuthHeader)
      .find(({ scheme, params }) => scheme === 'digest' && params.get('realm') === this.#realm)?.params;
  }

  #judge(
    params: Map<string, string>,
    algorithm: DigestAlgorithm,
    request: SipRequest,
    peer: Peer,
    passwordOf: (username: string) => string | undefined,
  ): DigestVerdict {
    const username = required(params, 'username');
    const nonce = required(params, 'nonce');
    const uri = required(params, 'uri');
    const given = required(params, 'response');
    const qop = readQop(params);
    if (!isSameTarget(uri, request.uri)) return { ok: false, why: 'malformed' };
    const nonceVerdict = this.#nonces.check(nonce, peer.address);
    if (nonceVerdict === 'foreign') return { ok: false, why: 'nonce', stale: false, username };
    const password = passwordOf(username);
    const { method } = request;
    const realm = this.#realm;
    const expected = digestResponse({
      algorithm,
      username,
      realm,
      password: password ?? NO_PASSWORD,
      method,
      uri,
      nonce,
      qop,
    });
    if (!isSameText(given.toLowerCase(), expected) || password === undefined)
      return { ok: false, why: 'wrong', username };
    const count = qop === undefined ? 1 : Number.parseInt(qop.nc, 16);
    const isUsable = nonceVerdict === 'valid' && this.#nonces.use(nonce, count);
    return isUsable ? { ok: true, username } : { ok: false, why: 'nonce', stale: true, username };
  }
}

function required(params: Map<string, string>, name: string): string {
  const value = params.get(name);
  if (value === undefined) throw new SipParseError('Malformed credentials');
  return value;
}

function readQop(params: Map<string, string>): { cnonce: string; nc: string } | undefined {
  const qop = params.get('qop');
  if (qop === undefined) return undefined;
  const nc = required(params, 'nc');
  if (qop.toLowerCase() !== 'auth' || !/^[0-9a-f]{8}$/i.test(nc)) throw new SipParseError('Malformed credentials');
  return { cnonce: required(params, 'cnonce'), nc };
}

/** The `uri` may differ from the Request-URI in port and parameters: some phones leave them out. */
function isSameTarget(given: string, requestUri: string): boolean {
  if (given === requestUri) return true;
  const [a, b] = [parseUri(given), parseUri(requestUri)];
  if (a.scheme !== 'sip' && a.scheme !== 'sips') return false;
  return a.scheme === b.scheme && a.host === b.host && a.user === b.user;
}

function isSameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
