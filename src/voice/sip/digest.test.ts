import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formatChallenge, parseAuthHeader } from '#voice/sip/auth-header.js';
import { createResponse } from '#voice/sip/create-response.js';
import { DigestClient } from '#voice/sip/digest-client.js';
import { DigestServer } from '#voice/sip/digest-server.js';
import { digestResponse } from '#voice/sip/digest.js';
import { HeldClock } from '#voice/sip/held-clock.fixture.js';
import type { SipRequest, SipResponse } from '#voice/sip/message.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import { newRequest } from '#voice/sip/transaction-layer.fixture.js';
import type { Peer } from '#voice/sip/transport.js';

const PEER: Peer = { transport: 'udp', address: '192.0.2.7', port: 5060 };

function setUp(options: { lifetimeMs?: number; maxRemembered?: number; algorithms?: ('MD5' | 'SHA-256')[] } = {}) {
  const clock = new HeldClock();
  const server = new DigestServer({ key: Buffer.alloc(32, 7), clock, realm: 'sidetone', ...options });
  const verify = (request: SipRequest, peer = PEER) =>
    server.verify(request, peer, (username) => (username === '101' ? 'secret' : undefined));
  const challenge = (request: SipRequest, stale = false): SipResponse =>
    createResponse(request, 401, {
      headers: server.challenges(PEER, { stale }).map((value) => ['WWW-Authenticate', value] as const),
    });
  /** A REGISTER with credentials for a fresh challenge. */
  const answered = (client: DigestClient): SipRequest => {
    const request = newRequest('REGISTER');
    client.learn(challenge(request), request);
    client.authorize(request);
    return request;
  };
  return { clock, server, verify, challenge, answered };
}

function phone(password = 'secret', username = '101'): DigestClient {
  return new DigestClient({ username, password });
}

/** A 401 with these challenges to a request without or with credentials. */
function refusal(...challenges: string[]): SipResponse {
  return createResponse(newRequest('INVITE'), 401, {
    headers: challenges.map((value) => ['WWW-Authenticate', value] as const),
  });
}

describe('digestResponse', () => {
  it('gives the values of RFC 7616 section 3.9.1', () => {
    const input = {
      username: 'Mufasa',
      realm: 'http-auth@example.org',
      password: 'Circle of Life',
      method: 'GET',
      uri: '/dir/index.html',
      nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
      qop: { cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ', nc: '00000001' },
    };
    expect(digestResponse({ ...input, algorithm: 'MD5' })).toBe('8ca523f5e9506fed4657c9700eebdbec');
    expect(digestResponse({ ...input, algorithm: 'SHA-256' })).toBe(
      '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    );
  });

  it('computes SHA-512-256 (RFC 8760 section 2)', () => {
    const input = { username: 'u', realm: 'r', password: 'p', method: 'INVITE', uri: 'sip:b@x', nonce: 'n' };
    const of = (text: string): string => createHash('sha512-256').update(text).digest('hex');
    const expected = of(`${of('u:r:p')}:n:00000001:c:auth:${of('INVITE:sip:b@x')}`);
    const qop = { cnonce: 'c', nc: '00000001' };
    expect(digestResponse({ ...input, qop, algorithm: 'SHA-512-256' })).toBe(expected);
  });

  it('gives the older form without qop (RFC 2069 as corrected)', () => {
    expect(
      digestResponse({
        algorithm: 'MD5',
        username: 'Mufasa',
        realm: 'testrealm@host.com',
        password: 'CircleOfLife',
        method: 'GET',
        uri: '/dir/index.html',
        nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
      }),
    ).toBe('1949323746fe6a43ef61f9606e7febea');
  });
});

describe('parseAuthHeader', () => {
  it('reads quoted and plain values', () => {
    expect(parseAuthHeader('Digest  realm="a \\"b\\", c" ,nonce=x/y==, stale = TRUE,qop="auth,auth-int"')).toEqual({
      scheme: 'digest',
      params: new Map([
        ['realm', 'a "b", c'],
        ['nonce', 'x/y=='],
        ['stale', 'TRUE'],
        ['qop', 'auth,auth-int'],
      ]),
    });
  });

  it.each(['', 'Digest', 'Digest realm', 'Digest realm="x', 'Digest a=1 b=2', 'Digest a=1, a=2', 'Digest ,a=1'])(
    'refuses %j',
    (value) => {
      expect(() => parseAuthHeader(value)).toThrow(SipParseError);
    },
  );
});

describe('DigestClient', () => {
  const md5 = formatChallenge(
    new Map([
      ['realm', 'r'],
      ['nonce', 'n1'],
      ['qop', 'auth'],
    ]),
  );
  const sha256 = formatChallenge(
    new Map([
      ['realm', 'r'],
      ['nonce', 'n2'],
      ['qop', 'auth'],
      ['algorithm', 'SHA-256'],
      ['opaque', 'o'],
    ]),
  );

  it('answers the strongest challenge, counts its uses and returns opaque', () => {
    const client = phone();
    const request = newRequest('INVITE');
    expect(client.learn(refusal(md5, sha256), request)).toBe(true);
    client.authorize(request);
    const first = parseAuthHeader(request.headers.get('Authorization')!).params;
    expect(Object.fromEntries(first)).toMatchObject({
      algorithm: 'SHA-256',
      nonce: 'n2',
      opaque: 'o',
      nc: '00000001',
      qop: 'auth',
    });
    client.authorize(request);
    const second = parseAuthHeader(request.headers.get('Authorization')!).params;
    expect(second.get('nc')).toBe('00000002');
    expect(second.get('cnonce')).not.toBe(first.get('cnonce'));
  });

  it('writes algorithm, qop and nc without quotes', () => {
    const client = phone();
    const request = newRequest('INVITE');
    client.learn(refusal(sha256), request);
    client.authorize(request);
    expect(request.headers.get('Authorization')).toMatch(/algorithm=SHA-256, qop=auth, nc=00000001, cnonce="/);
  });

  it.each([
    ['another scheme', 'Basic realm="r"'],
    ['a session algorithm', 'Digest realm="r", nonce="n", algorithm=MD5-sess'],
    ['an unknown algorithm', 'Digest realm="r", nonce="n", algorithm=SHA3-256'],
    ['only auth-int', 'Digest realm="r", nonce="n", qop="auth-int"'],
    ['no nonce', 'Digest realm="r"'],
    ['broken text', 'Digest realm="r'],
  ])('does not answer %s', (_, value) => {
    const client = phone();
    const request = newRequest('INVITE');
    expect(client.learn(refusal(value), request)).toBe(false);
    client.authorize(request);
    expect(request.headers.get('Authorization')).toBeUndefined();
  });

  it('tries once more when a nonce used before is refused, not when a fresh one is', () => {
    const client = phone('wrong');
    const request = newRequest('REGISTER');
    client.learn(refusal(md5), request);
    client.authorize(request);
    expect(client.learn(refusal(md5), request)).toBe(false);
    client.authorize(request);
    client.authorize(request);
    expect(client.learn(refusal(md5), request)).toBe(true);
    client.authorize(request);
    expect(client.learn(refusal(`${md5}, stale=true`), request)).toBe(true);
  });

  it("answers a proxy in the proxy's own field", () => {
    const client = phone();
    const request = newRequest('INVITE');
    const response = createResponse(request, 407, { headers: [['Proxy-Authenticate', md5]] });
    expect(client.learn(response, request)).toBe(true);
    client.authorize(request);
    expect(request.headers.get('Proxy-Authorization')).toContain('nonce="n1"');
    expect(client.learn(createResponse(request, 403), request)).toBe(false);
  });
});

describe('DigestServer', () => {
  it.each([[['MD5'] as const], [['SHA-256', 'MD5'] as const]])('takes what our client answers to %j', (algorithms) => {
    const { verify, answered } = setUp({ algorithms: [...algorithms] });
    expect(verify(newRequest('REGISTER'))).toEqual({ ok: false, why: 'missing' });
    const request = answered(phone());
    expect(request.headers.get('Authorization')).toContain(`algorithm=${algorithms[0]}`);
    expect(verify(request)).toEqual({ ok: true, username: '101' });
  });

  it('takes credentials for a proxy, too', () => {
    const { verify, answered } = setUp();
    const request = answered(phone());
    request.headers.add('Proxy-Authorization', request.headers.get('Authorization')!).remove('Authorization');
    expect(verify(request)).toEqual({ ok: true, username: '101' });
  });

  it('looks for its own realm among several credentials', () => {
    const { verify, answered } = setUp();
    const request = answered(phone());
    request.headers.addFirst(
      'Authorization',
      'Digest username="101", realm="elsewhere", nonce="n", uri="u", response="r"',
    );
    expect(verify(request)).toEqual({ ok: true, username: '101' });
    request.headers.remove('Authorization').add('Authorization', 'Digest username="101", realm="elsewhere"');
    expect(verify(request)).toEqual({ ok: false, why: 'missing' });
  });

  it('takes no algorithm that it did not offer', () => {
    const { server, answered } = setUp({ algorithms: ['MD5', 'SHA-256'] });
    const request = answered(phone());
    expect(request.headers.get('Authorization')).toContain('algorithm=SHA-256');
    const verify = (algorithms: ('MD5' | 'SHA-256')[]) => server.verify(request, PEER, () => 'secret', algorithms);
    expect(verify(['MD5'])).toEqual({ ok: false, why: 'malformed' });
    expect(verify(['SHA-256'])).toEqual({ ok: true, username: '101' });
  });

  it('offers algorithms in the order wanted', () => {
    const { server } = setUp({ algorithms: ['MD5', 'SHA-256'] });
    const named = (values: string[]) => values.map((value) => parseAuthHeader(value).params.get('algorithm'));
    expect(named(server.challenges(PEER))).toEqual(['MD5', 'SHA-256']);
    expect(named(server.challenges(PEER, { algorithms: ['SHA-256'] }))).toEqual(['SHA-256']);
  });

  it('refuses a wrong password and an unknown user alike', () => {
    const { verify, answered } = setUp();
    expect(verify(answered(phone('guess')))).toEqual({ ok: false, why: 'wrong', username: '101' });
    expect(verify(answered(phone('x'.repeat(16), '999')))).toEqual({ ok: false, why: 'wrong', username: '999' });
  });

  it('refuses a replay as stale and takes the next count', () => {
    const { verify, answered } = setUp();
    const client = phone();
    const request = answered(client);
    expect(verify(request).ok).toBe(true);
    expect(verify(request)).toEqual({ ok: false, why: 'nonce', stale: true, username: '101' });
    client.authorize(request);
    expect(verify(request).ok).toBe(true);
  });

  it('calls an old nonce stale, and only for right credentials', () => {
    const { clock, verify, answered } = setUp({ lifetimeMs: 1_000 });
    const [right, wrong] = [answered(phone()), answered(phone('guess'))];
    clock.advance(1_001);
    expect(verify(right)).toEqual({ ok: false, why: 'nonce', stale: true, username: '101' });
    expect(verify(wrong)).toMatchObject({ why: 'wrong' });
  });

  it('knows a nonce of its own by the address it was issued to', () => {
    const { verify, answered } = setUp();
    const request = answered(phone());
    expect(verify(request, { ...PEER, address: '192.0.2.8' })).toMatchObject({ why: 'nonce', stale: false });
    const forged = newRequest('REGISTER');
    const client = phone();
    client.learn(refusal('Digest realm="sidetone", nonce="bm9uY2U", qop="auth"'), forged);
    client.authorize(forged);
    expect(verify(forged)).toMatchObject({ why: 'nonce', stale: false });
  });

  it('takes a client without qop once per nonce', () => {
    const { server, verify } = setUp();
    const request = newRequest('REGISTER');
    const client = phone();
    client.learn(refusal(server.challenges(PEER)[0]!.replace(', qop="auth"', '')), request);
    client.authorize(request);
    expect(request.headers.get('Authorization')).not.toContain('qop');
    expect(verify(request).ok).toBe(true);
    expect(verify(request)).toMatchObject({ why: 'nonce', stale: true });
  });

  it('remembers a bounded number of nonces and lets none of the forgotten be replayed', () => {
    const { verify, answered, clock } = setUp({ maxRemembered: 2 });
    const requests = [1, 2, 3].map(() => {
      clock.advance(1);
      return answered(phone());
    });
    expect(requests.map((request) => verify(request).ok)).toEqual([true, true, true]);
    expect(requests.map((request) => verify(request).ok)).toEqual([false, false, false]);
    clock.advance(1);
    expect(verify(answered(phone())).ok).toBe(true);
  });

  it('takes a uri that leaves out port or parameters, none for another user or host', () => {
    const { verify, answered } = setUp();
    const withUri = (uri: string) => {
      const request = answered(phone());
      request.uri = uri;
      return verify(request);
    };
    expect(withUri('sip:bob@bob:5070;transport=udp').ok).toBe(true);
    expect(withUri('sip:eve@bob')).toEqual({ ok: false, why: 'malformed' });
    expect(withUri('sip:bob@eve')).toEqual({ ok: false, why: 'malformed' });
  });

  it.each([
    'Digest realm="sidetone"',
    'Digest realm="sidetone',
    'Digest username="101", realm="sidetone", nonce="x", uri="sip:bob@bob", response="y", qop=auth',
    'Digest username="101", realm="sidetone", nonce="x", uri="sip:bob@bob", response="y", algorithm=MD5-sess, qop=auth, nc=00000001, cnonce="c"',
    'Digest username="101", realm="sidetone", nonce="x", uri="sip:bob@bob", response="y", qop=auth-int, nc=00000001, cnonce="c"',
  ])('calls %j malformed', (value) => {
    const { verify } = setUp();
    const request = newRequest('REGISTER', { headers: [['Authorization', value]] });
    expect(verify(request)).toEqual({ ok: false, why: 'malformed' });
  });
});
