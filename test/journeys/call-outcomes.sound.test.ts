import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createServer } from 'node:net';
import { addTrunk, removeTrunk } from '#core/trunks/index.js';
import { describeWithPeer } from '../peers/real-peer.js';
import { sippHangsUp, sippLetsItRing, sippRefuses, type Sipp } from '../peers/sipp.js';
import { openSipStage, TO, type SipStage } from '../sip-stage.js';

/** How calls over SIP end, each with exactly one terminal state, one terminal event, and nothing after it. */
let stage: SipStage;

beforeAll(async () => {
  stage = await openSipStage();
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

const ANSWERED = '/call-status call.answered';

describe('a call over SIP', () => {
  test('that nobody answers is cancelled when its ring timeout is over', async () => {
    const carrier = await stage.carrier();
    const callId = await stage.place({ ring_timeout_seconds: 5 });
    const phone = await carrier.nextCall();
    expect(phone.calledUser).toBe(TO);
    phone.ring();
    expect(await phone.ended).toMatchObject({ by: 'them', how: 'cancel' });
    expect(await stage.ended(callId)).toMatchObject({
      status: 'no_answer',
      error: { code: 'ring_timeout' },
      duration_seconds: 0,
      answered_at: null,
    });
    expect(stage.told(callId)).toEqual(['/call-status call.no_answer']);
    expect(stage.event(callId, 'call.no_answer')).toMatchObject({ status: 'no_answer', dtmf_response: null });
    expect(carrier.invitesSeen().distinct).toBe(1);
  });

  test.each([
    { sip: 486, phrase: 'Busy Here', status: 'busy', event: 'call.no_answer', code: 'busy' },
    { sip: 603, phrase: 'Decline', status: 'rejected', event: 'call.no_answer', code: 'rejected' },
    { sip: 404, phrase: 'Not Found', status: 'failed', event: 'call.failed', code: 'unallocated' },
    { sip: 500, phrase: 'Server Internal Error', status: 'failed', event: 'call.failed', code: 'carrier_error' },
  ])('that is refused with $sip ends as $status', async ({ sip, phrase, status, event, code }) => {
    const carrier = await stage.carrier();
    const callId = await stage.place();
    const phone = await carrier.nextCall();
    phone.reject(sip, phrase);
    expect(await stage.ended(callId)).toMatchObject({
      status,
      error: { code },
      sip_code: sip,
      sip_reason: phrase,
      attempts: 1,
    });
    expect(stage.told(callId)).toEqual([`/call-status ${event}`]);
    expect(stage.event(callId, event)).toMatchObject({ status, sip_code: sip, amd_result: 'unknown' });
    expect(carrier.invitesSeen().distinct).toBe(1);
  });

  test.each(['udp', 'tcp'])('to a trunk where nobody listens over %s fails as unreachable', async (transport) => {
    await stage.trunk(`sip:127.0.0.1:${await closedPort()};transport=${transport}`);
    const callId = await stage.place();
    const call = await stage.ended(callId);
    expect(call).toMatchObject({ status: 'failed', error: { code: 'unreachable' }, attempts: 1 });
    expect(stage.told(callId)).toEqual(['/call-status call.failed']);
  });

  test('without any trunk fails undialled, and says how to add one', async () => {
    await stage.noTrunk();
    const callId = await stage.place();
    expect(await stage.ended(callId)).toMatchObject({
      status: 'failed',
      error: { code: 'no_trunk', message: expect.stringContaining('sidetone trunks add') as string },
      attempts: 0,
      tries: [],
    });
    expect(stage.told(callId)).toEqual(['/call-status call.failed']);
  });

  test('whose person hangs up in the middle of the message', async () => {
    const carrier = await stage.carrier();
    const callId = await stage.place({ message: 'word '.repeat(40) });
    const phone = await carrier.nextCall();
    phone.ring();
    await phone.answer();
    await phone.waitForSound(500);
    expect(await phone.hangup('Q.850;cause=16')).toBe(200);
    expect(await stage.ended(callId)).toMatchObject({
      status: 'completed',
      error: { code: 'callee_hung_up' },
      dtmf_response: null,
      digits: '',
      sip_reason: 'Q.850;cause=16',
    });
    expect(stage.told(callId)).toEqual([ANSWERED, '/call-status call.completed']);
    expect(stage.event(callId, 'call.completed')).toMatchObject({ status: 'answered', dtmf_response: null });
  });

  test('canceled by its owner while it rings: the phone gets a CANCEL', async () => {
    const carrier = await stage.carrier();
    const callId = await stage.place();
    const phone = await carrier.nextCall();
    phone.ring();
    await stage.world.runUntil('ringing', async () => (await look(callId))['status'] === 'ringing');
    expect((await stage.request('POST', `/api/v1/calls/${callId}/cancel`)).status).toBe(200);
    expect(await phone.ended).toMatchObject({ by: 'them', how: 'cancel' });
    expect(await stage.ended(callId)).toMatchObject({ status: 'canceled', error: { code: 'canceled' } });
    expect(stage.told(callId)).toEqual(['/call-status call.canceled']);
    expect(carrier.requests('CANCEL')).toHaveLength(1);
    expect(carrier.requests('BYE')).toEqual([]);
  });

  test('canceled by its owner while it talks: the phone gets a BYE', async () => {
    const carrier = await stage.carrier();
    const callId = await stage.place({ message: 'word '.repeat(40) });
    const phone = await carrier.nextCall();
    await phone.answer();
    await phone.waitForSound(200);
    await stage.world.runUntil('answered', async () => (await look(callId))['status'] === 'answered');
    expect((await stage.request('POST', `/api/v1/calls/${callId}/cancel`)).status).toBe(200);
    expect(await phone.ended).toMatchObject({ by: 'them', how: 'bye' });
    expect(await stage.ended(callId)).toMatchObject({ status: 'completed', cancel_requested: true });
    expect(stage.told(callId)).toEqual([ANSWERED, '/call-status call.completed']);
    expect(carrier.requests('CANCEL')).toEqual([]);
  });

  test('a key that comes by SIP INFO acts like any other', async () => {
    const carrier = await stage.carrier();
    const callId = await stage.place();
    const phone = await carrier.nextCall();
    await phone.answer();
    await phone.waitForSound(200);
    await phone.press('1', { viaInfo: true });
    expect(await phone.ended).toMatchObject({ by: 'them', how: 'bye' });
    expect(await stage.ended(callId)).toMatchObject({ status: 'completed', dtmf_response: '1', digits: '1' });
    expect(stage.told(callId)).toEqual([
      ANSWERED,
      '/call-status call.completed',
      '/call-status call.dtmf',
      '/confirm call.dtmf',
    ]);
  });

  test('that is sent elsewhere with 302 goes there, by the trunk, as another attempt', async () => {
    const carrier = await stage.carrier();
    const callId = await stage.place();
    const moved = await carrier.nextCall();
    moved.reject(302, 'Moved Temporarily', { Contact: '<sip:+13125550123@192.0.2.1>' });
    const phone = await carrier.nextCall();
    expect(phone.calledUser).toBe('+13125550123');
    await phone.answer();
    await phone.waitForSound(200);
    await phone.hangup();
    expect(await stage.ended(callId)).toMatchObject({ status: 'completed', to: TO, attempts: 2 });
    expect(stage.told(callId)).toEqual([ANSWERED, '/call-status call.completed']);
  });

  test.each(['unreachable', '500'])('whose first trunk fails (%s) goes by the second', async (how) => {
    const phone = await stage.phone({ user: 'backup' });
    const backup = { name: 'backup', uri: `sip:127.0.0.1:${phone.port}`, priority: 200, sipHost: '127.0.0.1' };
    await addTrunk(stage.world.core, { ...backup, callsPerSecond: 100, actor: 'test' });
    try {
      const first = how === '500' ? await stage.carrier() : undefined;
      if (first === undefined) await stage.trunk(`sip:127.0.0.1:${await closedPort()}`);
      const callId = await stage.place();
      (await first?.nextCall())?.reject(500, 'Server Internal Error');
      const call = await phone.nextCall();
      await call.answer();
      await call.waitForSound(200);
      await call.hangup();
      const ended = await stage.ended(callId);
      expect(ended).toMatchObject({ status: 'completed', attempts: 2 });
      const cause = how === '500' ? 'carrier_error' : 'unreachable';
      expect(ended['tries']).toMatchObject([{ cause }, { cause: 'hangup' }]);
      expect(stage.told(callId)).toEqual([ANSWERED, '/call-status call.completed']);
    } finally {
      await removeTrunk(stage.world.core, { name: 'backup', actor: 'test' });
    }
  });

  test('that an overloaded trunk puts off with 503 is dialled again, and has spent one attempt', async () => {
    const carrier = await stage.carrier();
    const callId = await stage.place();
    const refused = await carrier.nextCall();
    refused.reject(503, 'Service Unavailable', { 'Retry-After': '1' });
    const phone = await carrier.nextCall();
    await phone.answer();
    await phone.waitForSound(200);
    await phone.hangup();
    expect(await stage.ended(callId)).toMatchObject({ status: 'completed', attempts: 1 });
    expect(stage.told(callId)).toEqual([ANSWERED, '/call-status call.completed']);
    expect(carrier.invitesSeen().distinct).toBe(2);
  });

  test('that the server stops in its middle gets a BYE, and is told of by the next one', async () => {
    const carrier = await stage.carrier();
    const callId = await stage.place({ message: 'word '.repeat(40) });
    const phone = await carrier.nextCall();
    await phone.answer();
    await phone.waitForSound(200);
    await stage.restart();
    expect(await phone.ended).toMatchObject({ by: 'them', how: 'bye' });
    const call = { status: 'completed', error: { code: 'server_stopped' }, attempts: 1 };
    expect(await stage.ended(callId)).toMatchObject(call);
    expect(stage.told(callId)).toEqual([ANSWERED, '/call-status call.completed']);
    expect(carrier.invitesSeen().distinct).toBe(1);
  });

  test('that the server stops while it rings gets a CANCEL', async () => {
    const carrier = await stage.carrier();
    const callId = await stage.place();
    const phone = await carrier.nextCall();
    phone.ring();
    await stage.world.runUntil('ringing', async () => (await look(callId))['status'] === 'ringing');
    await stage.restart();
    expect(await phone.ended).toMatchObject({ by: 'them', how: 'cancel' });
    const call = { status: 'failed', error: { code: 'server_stopped' }, attempts: 1 };
    expect(await stage.ended(callId)).toMatchObject(call);
    expect(stage.told(callId)).toEqual(['/call-status call.failed']);
  });

  async function look(callId: string): Promise<Record<string, unknown>> {
    return (await stage.request('GET', `/api/v1/calls/${callId}`)).body;
  }
});

describeWithPeer('sipp', 'a call over SIP', () => {
  interface Behaviour {
    does: string;
    sipp: () => Promise<Sipp>;
    call: { status: string; error: { code: string } };
    told: string[];
  }
  test.each<Behaviour>([
    {
      does: 'is busy',
      sipp: () => sippRefuses({ status: 486, phrase: 'Busy Here' }),
      call: { status: 'busy', error: { code: 'busy' } },
      told: ['/call-status call.no_answer'],
    },
    {
      does: 'declines',
      sipp: () => sippRefuses({ transport: 'tcp', status: 603, phrase: 'Decline' }),
      call: { status: 'rejected', error: { code: 'rejected' } },
      told: ['/call-status call.no_answer'],
    },
    {
      does: 'lets it ring',
      sipp: () => sippLetsItRing(),
      call: { status: 'no_answer', error: { code: 'ring_timeout' } },
      told: ['/call-status call.no_answer'],
    },
    {
      does: 'hangs up',
      sipp: () => sippHangsUp({ afterMs: 300 }),
      call: { status: 'completed', error: { code: 'callee_hung_up' } },
      told: [ANSWERED, '/call-status call.completed'],
    },
  ])('to a peer that $does ends as $call.status', async ({ sipp, call, told }) => {
    const peer = await sipp();
    try {
      await stage.trunk(peer.uri.replace('sipp@', ''));
      const callId = await stage.place({ message: 'word '.repeat(40), ring_timeout_seconds: 5 });
      expect(await stage.ended(callId)).toMatchObject(call);
      expect(stage.told(callId)).toEqual(told);
      const { code, errors } = await peer.result();
      expect({ code, errors }).toEqual({ code: 0, errors: '' });
    } finally {
      await peer.close();
    }
  });
});

/** A port that was free a moment ago, for UDP too as far as one can know. */
function closedPort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
