import type { TrunkConfig } from '#voice/engine.js';
import { formatCredentials, parseAuthHeader } from '#voice/sip/auth-header.js';
import { DIGEST_ALGORITHMS, digestAlgorithm, digestResponse, type DigestAlgorithm } from '#voice/sip/digest.js';
import { newCnonce } from '#voice/sip/ids.js';
import type { SipRequest, SipResponse } from '#voice/sip/message.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';

interface Challenge {
  realm: string;
  nonce: string;
  algorithm: DigestAlgorithm;
  /** Whether the challenge named it: only then do the credentials. */
  namesAlgorithm: boolean;
  opaque: string | undefined;
  hasQop: boolean;
  isStale: boolean;
  nonceCount: number;
}

const FIELDS = [
  { status: 401, challenge: 'WWW-Authenticate', credentials: 'Authorization' },
  { status: 407, challenge: 'Proxy-Authenticate', credentials: 'Proxy-Authorization' },
] as const;

/**
 * One user's credentials towards one peer (RFC 3261 section 22, RFC 7616, RFC 8760): remembers the challenge, so that
 * later requests go out with credentials at once.
 */
export class DigestClient {
  readonly #username: string;
  readonly #password: string;
  readonly #challenges = new Map<number, Challenge>();

  constructor(credentials: { username: string; password: string }) {
    this.#username = credentials.username;
    this.#password = credentials.password;
  }

  /** Undefined without a user name and a password: no challenge can be answered. */
  static of({ username, password }: Pick<TrunkConfig, 'username' | 'password'>): DigestClient | undefined {
    return username === undefined || password === undefined ? undefined : new DigestClient({ username, password });
  }

  /**
   * Takes the challenges of a 401 or 407 to `request` in.
   * @returns whether sending again makes sense: false when none can be answered, and when `request` carried credentials
   * made for a fresh nonce and they were refused as wrong, not as stale. The caller still bounds its tries: a server may
   * call every nonce stale.
   */
  learn(response: SipResponse, request: SipRequest): boolean {
    const field = FIELDS.find(({ status }) => status === response.status);
    if (field === undefined) return false;
    const challenge = strongest(response.headers.getAll(field.challenge));
    if (challenge === undefined) return false;
    const tried = request.headers.get(field.credentials);
    this.#challenges.set(field.status, challenge);
    return tried === undefined || challenge.isStale || !isFirstUse(tried);
  }

  /** Sets the credentials that are known to be wanted; without any the request stays as it is. */
  authorize(request: SipRequest): void {
    for (const { status, credentials } of FIELDS) {
      const challenge = this.#challenges.get(status);
      if (challenge !== undefined) request.headers.set(credentials, this.#credentialsFor(challenge, request));
    }
  }

  #credentialsFor(challenge: Challenge, { method, uri }: SipRequest): string {
    const { realm, nonce, algorithm, namesAlgorithm, opaque, hasQop } = challenge;
    const username = this.#username;
    const nc = (++challenge.nonceCount).toString(16).padStart(8, '0');
    const qop = hasQop ? { cnonce: newCnonce(), nc } : undefined;
    const response = digestResponse({ algorithm, username, realm, password: this.#password, method, uri, nonce, qop });
    const params = new Map([
      ['username', username],
      ['realm', realm],
      ['nonce', nonce],
      ['uri', uri],
      ['response', response],
    ]);
    if (namesAlgorithm) params.set('algorithm', algorithm);
    if (qop !== undefined) params.set('qop', 'auth').set('nc', nc).set('cnonce', qop.cnonce);
    if (opaque !== undefined) params.set('opaque', opaque);
    return formatCredentials(params);
  }
}

function strongest(values: string[]): Challenge | undefined {
  const challenges = values.map(readChallenge).filter((challenge) => challenge !== undefined);
  const strength = ({ algorithm }: Challenge): number => -DIGEST_ALGORITHMS.indexOf(algorithm);
  return challenges.sort((a, b) => strength(b) - strength(a))[0];
}

/** Undefined for a challenge that cannot be read or answered. */
function readChallenge(value: string): Challenge | undefined {
  try {
    const { scheme, params } = parseAuthHeader(value);
    const algorithm = digestAlgorithm(params.get('algorithm'));
    const realm = params.get('realm');
    const nonce = params.get('nonce');
    const qop = params.get('qop')?.toLowerCase().split(/[ ,]+/);
    if (scheme !== 'digest' || algorithm === undefined || realm === undefined || nonce === undefined) return undefined;
    if (qop !== undefined && !qop.includes('auth')) return undefined;
    return {
      realm,
      nonce,
      algorithm,
      namesAlgorithm: params.has('algorithm'),
      opaque: params.get('opaque'),
      hasQop: qop !== undefined,
      isStale: params.get('stale')?.toLowerCase() === 'true',
      nonceCount: 0,
    };
  } catch (error) {
    if (error instanceof SipParseError) return undefined;
    throw error;
  }
}

/** A nonce used before may have expired, and not every server says `stale`; one used for the first time has not. */
function isFirstUse(credentials: string): boolean {
  const nc = parseAuthHeader(credentials).params.get('nc');
  return nc === undefined || Number.parseInt(nc, 16) === 1;
}
