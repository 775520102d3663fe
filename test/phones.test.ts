import { afterEach, describe, expect, test } from 'vitest';
import { openPhone, type Phone, type PhoneOptions } from './phones.js';
import { SipHeaders } from './phones/sip-text.js';

const open: Phone[] = [];

async function phone(options: PhoneOptions): Promise<Phone> {
  const made = await openPhone(options);
  open.push(made);
  return made;
}

afterEach(async () => {
  for (const made of open.splice(0)) await made.close();
});

describe.each(['udp', 'tcp'] as const)('signalling over %s', (transport) => {
  test('busy, with header fields of the refusal', async () => {
    const [from, to] = [await phone({ transport }), await phone({ transport })];
    to.onInvite((call) => call.reject(486, 'Busy Here', { 'Retry-After': '7', Reason: 'Q.850;cause=17' }));
    const out = await from.invite(to.uri);
    const refusal = await out.refused();
    expect([refusal.status, refusal.phrase, refusal.headers.get('Retry-After')]).toEqual([486, 'Busy Here', '7']);
    expect(await out.ended).toMatchObject({ by: 'them', how: 'refused', status: 486, reason: 'Q.850;cause=17' });
    await to.waitForRequest('ACK');
    expect([...from.complaints(), ...to.complaints()]).toEqual([]);
  });

  test('cancel while it rings, with its reason', async () => {
    const [from, to] = [await phone({ transport }), await phone({ transport })];
    const out = await from.invite(to.uri);
    const call = await to.nextCall();
    call.ring();
    await out.progressed(180);
    out.cancel('SIP;cause=200;text="Call completed elsewhere"');
    expect(await call.ended).toEqual({
      by: 'them',
      how: 'cancel',
      reason: 'SIP;cause=200;text="Call completed elsewhere"',
    });
    expect(await out.ended).toMatchObject({ by: 'us', how: 'cancel', status: 487 });
    expect([...from.complaints(), ...to.complaints()]).toEqual([]);
  });

  test.each(['MD5', 'SHA-256'] as const)('a trunk that asks for a %s digest', async (algorithm) => {
    const [from, to] = [await phone({ transport }), await phone({ transport })];
    const counts = to.requireDigest({ user: 'trunk', password: 'secret', algorithm });
    to.onInvite((call) => call.answer());
    const out = await from.invite(to.uri, { user: 'trunk', password: 'secret' });
    await out.answered();
    expect(counts).toMatchObject({ challenges: 1, right: 1, wrong: 0, algorithms: [algorithm] });
    const wrong = await from.invite(to.uri, { user: 'trunk', password: 'guess' });
    expect((await wrong.refused()).status).toBe(407);
    expect(counts).toMatchObject({ right: 1, wrong: 1, faults: ['wrong response for trunk'] });
    expect(to.invitesSeen().distinct).toBe(2);
  });

  test('registration with the right and a wrong password, then a call to the contact', async () => {
    const [provider, bob] = [await phone({ transport }), await phone({ transport, user: 'bob' })];
    const registrar = provider.acceptRegistrations({ bob: 'secret' }, 'SHA-256');
    const server = { host: '127.0.0.1', port: provider.port };
    expect((await bob.register({ server, user: 'bob', password: 'wrong' })).status).toBe(401);
    expect((await bob.register({ server, user: 'bob', password: 'secret' })).status).toBe(200);
    expect(registrar.counts).toMatchObject({ right: 1, wrong: 1 });
    const out = await provider.invite(await registrar.registered('bob'));
    const call = await bob.nextCall();
    expect(call.calledUser).toBe('bob');
    await call.answer();
    await out.answered();
    expect((await bob.register({ server, user: 'bob', password: 'secret', expires: 0 })).status).toBe(200);
    expect(registrar.contacts.size).toBe(0);
    expect([...provider.complaints(), ...bob.complaints()]).toEqual([]);
  });
});

test('of two algorithms offered the stronger is answered', async () => {
  const [from, to] = [await phone({}), await phone({})];
  const counts = to.requireDigest({
    user: 'u',
    password: 'p',
    algorithm: ['MD5', 'SHA-256'],
    as: 'server',
    qop: false,
  });
  to.onInvite((call) => call.reject(603, 'Decline'));
  expect((await (await from.invite(to.uri, { user: 'u', password: 'p' })).refused()).status).toBe(603);
  expect(counts).toMatchObject({ right: 1, wrong: 0, algorithms: ['SHA-256'] });
});

test('an INVITE is repeated while the callee is deaf, and is still one call', async () => {
  const timers = { t1Ms: 20, t2Ms: 160 };
  const [from, to] = [await phone({ timers }), await phone({ timers })];
  to.deaf();
  const out = await from.invite(to.uri);
  expect(await out.ended).toMatchObject({ by: 'us', how: 'unanswered' });
  expect(to.requests()).toEqual([]);
  // Each time the very same request; how many fit into 64 × T1 depends on how punctual the timers are, at most 7.
  const sent = from.wire.log.map(({ message }) => `${message.headers.get('CSeq')} ${message.headers.get('Via')}`);
  expect(new Set(sent).size).toBe(1);
  expect(sent.length).toBeGreaterThan(1);
  expect(sent.length).toBeLessThanOrEqual(7);
});

test('repeated INVITEs are counted apart from new calls', async () => {
  const timers = { t1Ms: 20, t2Ms: 160 };
  // This seed loses the first three messages of the callee: the caller repeats its INVITE, the callee its 200.
  const [from, to] = [
    await phone({ timers }),
    await phone({ timers, loss: { percent: 50, seed: 20, direction: 'out' } }),
  ];
  to.onInvite((call) => call.answer());
  const out = await from.invite(to.uri);
  await out.answered();
  await to.waitForRequest('ACK');
  expect(to.invitesSeen().distinct).toBe(1);
  expect(to.invitesSeen().repeated).toBeGreaterThan(0);
});

test('OPTIONS is answered, also over loss', async () => {
  const [from, to] = [await phone({ timers: { t1Ms: 20, t2Ms: 80 } }), await phone({ loss: { percent: 50, seed: 3 } })];
  expect((await from.ping(to.uri))?.status).toBe(200);
});

test('a wait that runs out says what was awaited and what was seen', async () => {
  const to = await phone({});
  await to.nextCall(10).then(
    () => expect.unreachable(),
    (error: Error) => expect(error.message).toMatch(/^waited for a call, not within 10 ms; seen: udp:\d+ \[\]$/),
  );
});

test('what a script throws comes out of close()', async () => {
  const from = await phone({});
  const to = await openPhone();
  to.onInvite((call) => {
    call.reject(500, 'Server Internal Error');
    throw new Error('the script is wrong');
  });
  await (await from.invite(to.uri)).refused();
  await expect(to.close()).rejects.toThrow('the script is wrong');
});

test('a peer that breaks rules is complained of', async () => {
  const [from, to] = [await phone({}), await phone({})];
  from.wire.send(
    {
      kind: 'request',
      method: 'OPTIONS',
      uri: to.uri,
      headers: SipHeaders.of({
        Via: `SIP/2.0/UDP 127.0.0.1:${from.port};branch=old`,
        From: '<sip:a@b>',
        To: '<sip:c@d>',
        'Call-ID': 'x',
        CSeq: '1 INVITE',
      }),
      body: '',
    },
    { transport: 'udp', host: '127.0.0.1', port: to.port },
  );
  await to.waitForRequest('OPTIONS');
  expect(to.complaints()).toEqual([
    'OPTIONS: From without a tag (section 8.1.1.3)',
    'OPTIONS: a Via branch without the magic cookie (section 8.1.1.7)',
    'OPTIONS: CSeq says INVITE (section 8.1.1.5)',
    'OPTIONS: no Max-Forwards (section 8.1.1.6)',
    'OPTIONS: not exactly one Contact (section 8.1.1.8)',
  ]);
});
