import { createHash, randomBytes } from 'node:crypto';
import { SipHeaders, type SipRequest, type SipResponse } from './sip-text.js';

/** RFC 3261 section 22 with the algorithms of RFC 8760. */
export type DigestAlgorithm = 'MD5' | 'SHA-256';

export interface Credentials {
  user: string;
  password: string;
}

const STRONGEST_FIRST: readonly DigestAlgorithm[] = ['SHA-256', 'MD5'];

/** Answers the strongest challenge of a 401 or 407; returns the header field to add, or undefined when none fits. */
export function answerChallenge(
  response: SipResponse,
  request: Pick<SipRequest, 'method' | 'uri'>,
  { user, password }: Credentials,
): { name: string; value: string } | undefined {
  const proxy = response.status === 407;
  const challenges = response.headers.all(proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate').map(parseDigest);
  for (const algorithm of STRONGEST_FIRST) {
    const challenge = challenges.find((fields) => algorithmOf(fields) === algorithm);
    if (!challenge) continue;
    const { realm = '', nonce = '', opaque } = challenge;
    const qop = (challenge.qop ?? '').split(',').some((text) => text.trim() === 'auth') ? 'auth' : undefined;
    const use = { cnonce: randomBytes(8).toString('hex'), nc: '00000001' };
    const answer = digestOf(algorithm, { user, password, realm, nonce, qop, ...use, ...request });
    const fields = [
      `username="${user}"`,
      `realm="${realm}"`,
      `nonce="${nonce}"`,
      `uri="${request.uri}"`,
      `response="${answer}"`,
      `algorithm=${algorithm}`,
      ...(qop ? [`qop=${qop}`, `cnonce="${use.cnonce}"`, `nc=${use.nc}`] : []),
      ...(opaque === undefined ? [] : [`opaque="${opaque}"`]),
    ];
    return { name: proxy ? 'Proxy-Authorization' : 'Authorization', value: `Digest ${fields.join(', ')}` };
  }
  return undefined;
}

export interface DigestRules {
  /** Passwords by user name. */
  passwords: Readonly<Record<string, string>>;
  realm: string;
  /** One challenge each, in this order (RFC 8760 section 2.3). */
  algorithms: readonly DigestAlgorithm[];
  qop: boolean;
  /** `proxy` asks with 407, `server` with 401. */
  as: 'proxy' | 'server';
}

/** What came of the requests that a gate looked at. */
export interface DigestCounts {
  challenges: number;
  right: number;
  /** Answers that were wrong in any way: `faults` says how. */
  wrong: number;
  faults: string[];
  /** Of the right answers, in order. */
  algorithms: DigestAlgorithm[];
}

/** Challenges requests and checks the answers to the letter: a fault is counted with its reason. */
export class DigestGate {
  readonly counts: DigestCounts = { challenges: 0, right: 0, wrong: 0, faults: [], algorithms: [] };
  /** Each nonce issued, with the greatest nonce count seen. */
  readonly #nonces = new Map<string, number>();

  constructor(readonly rules: DigestRules) {}

  /** Undefined: let the request pass. Otherwise the status and the header fields to refuse it with. */
  check(request: SipRequest): { status: number; phrase: string; headers: SipHeaders } | undefined {
    const proxy = this.rules.as === 'proxy';
    const answers = request.headers.all(proxy ? 'Proxy-Authorization' : 'Authorization').map(parseDigest);
    const answer = answers.find((fields) => fields.realm === this.rules.realm) ?? answers[0];
    if (answer) {
      const fault = this.#faultOf(answer, request);
      if (fault === undefined) {
        this.counts.right++;
        this.counts.algorithms.push(algorithmOf(answer) ?? 'MD5');
        return undefined;
      }
      this.counts.wrong++;
      this.counts.faults.push(fault);
    }
    this.counts.challenges++;
    const nonce = randomBytes(12).toString('hex');
    this.#nonces.set(nonce, 0);
    const headers = new SipHeaders();
    for (const algorithm of this.rules.algorithms)
      headers.add(
        proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate',
        `Digest realm="${this.rules.realm}", nonce="${nonce}", algorithm=${algorithm}` +
          (this.rules.qop ? ', qop="auth"' : ''),
      );
    return proxy
      ? { status: 407, phrase: 'Proxy Authentication Required', headers }
      : { status: 401, phrase: 'Unauthorized', headers };
  }

  #faultOf(answer: Record<string, string>, request: SipRequest): string | undefined {
    const { username = '', realm = '', nonce = '', uri = '', nc, cnonce, qop } = answer;
    const algorithm = algorithmOf(answer);
    const password = this.rules.passwords[username];
    const seen = this.#nonces.get(nonce);
    if (realm !== this.rules.realm) return `realm ${realm}`;
    if (password === undefined) return `unknown user ${username}`;
    if (seen === undefined) return 'a nonce that was never issued';
    if (!algorithm || !this.rules.algorithms.includes(algorithm)) return `algorithm ${answer.algorithm ?? 'none'}`;
    if (uri !== request.uri) return `uri ${uri} in a request to ${request.uri}`;
    if (this.rules.qop) {
      if (qop !== 'auth') return 'qop=auth was asked for and is missing';
      if (!cnonce) return 'no cnonce';
      if (!/^[0-9a-f]{8}$/.test(nc ?? '') || parseInt(nc ?? '', 16) <= seen) return `nonce count ${nc ?? 'missing'}`;
      this.#nonces.set(nonce, parseInt(nc ?? '', 16));
    } else if (qop !== undefined) return 'qop that was not offered';
    const expected = digestOf(algorithm, {
      ...{ user: username, password, realm, nonce, uri, method: request.method },
      ...{ qop, cnonce: cnonce ?? '', nc: nc ?? '' },
    });
    return answer.response === expected ? undefined : `wrong response for ${username}`;
  }
}

function algorithmOf(fields: Record<string, string>): DigestAlgorithm | undefined {
  return STRONGEST_FIRST.find((name) => name === (fields.algorithm ?? 'MD5').toUpperCase());
}

interface DigestInput {
  user: string;
  password: string;
  realm: string;
  nonce: string;
  method: string;
  uri: string;
  qop: string | undefined;
  cnonce: string;
  nc: string;
}

/** RFC 7616 section 3.4.1. */
function digestOf(algorithm: DigestAlgorithm, input: DigestInput): string {
  const hash = (text: string): string =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex');
  const secret = hash(`${input.user}:${input.realm}:${input.password}`);
  const asked = hash(`${input.method}:${input.uri}`);
  const use = input.qop === undefined ? '' : `${input.nc}:${input.cnonce}:${input.qop}:`;
  return hash(`${secret}:${input.nonce}:${use}${asked}`);
}

/** `Digest a="b", c=d` as a record; names in lower case. */
function parseDigest(value: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const match of value.replace(/^\s*Digest\s+/i, '').matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^,\s]+))/g))
    fields[(match[1] ?? '').toLowerCase()] = match[2] ?? match[3] ?? '';
  return fields;
}
