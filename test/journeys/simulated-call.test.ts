import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openReceiver, type Receiver } from '../receiver.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

/** Stories of calls with a test key: the simulated network, the clock in our hand, real HTTP to a real receiver. */
describe('a call with a test key', () => {
  let world: World;
  let receiver: Receiver;

  beforeEach(async () => {
    world = await openWorld();
    receiver = await openReceiver();
  });
  afterEach(async () => {
    expect(await world.violations()).toEqual([]);
    await world.close();
    await receiver.close();
  });

  async function place(to: string, more: object = {}): Promise<string> {
    const reply = await world.request('POST', '/api/v1/calls', {
      body: {
        to,
        from: SANDBOX_NUMBER,
        message: 'Hello {FIRST_NAME}, press 1 to confirm.',
        variables: { FIRST_NAME: 'Sarah' },
        dtmf: {
          '1': { action: 'webhook', url: `${receiver.url}/confirm` },
          '9': { action: 'optout' },
        },
        webhook_url: `${receiver.url}/status`,
        ...more,
      },
    });
    expect(reply.status, JSON.stringify(reply.body)).toBe(201);
    return String(reply.body['call_id']);
  }

  async function look(callId: string): Promise<Record<string, unknown>> {
    return (await world.request('GET', `/api/v1/calls/${callId}`)).body;
  }

  async function ended(callId: string): Promise<Record<string, unknown>> {
    await world.runUntil(`the end of ${callId}`, async () => (await look(callId))['completed_at'] !== null);
    await world.settle();
    return look(callId);
  }

  test('is answered with exactly the four documented fields', async () => {
    const reply = await world.request('POST', '/api/v1/calls', {
      body: { to: '+12125550100', from: SANDBOX_NUMBER, message: 'Hello.' },
    });
    expect(reply.status).toBe(201);
    expect(Object.keys(reply.body)).toEqual(['call_id', 'status', 'to', 'created_at']);
    expect(reply.body).toMatchObject({ status: 'queued', to: '+12125550100' });
    expect(reply.body['call_id']).toMatch(/^cal_/);
    expect(reply.body['created_at']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  test('whose person presses 1: the key is reported at once, then the end', async () => {
    const callId = await place('+15005550001');
    const call = await ended(callId);
    expect(call).toMatchObject({ status: 'completed', dtmf_response: '1', digits: '1', attempts: 1, live: false });
    expect(receiver.received.filter(({ path }) => path === '/confirm').map(({ body }) => body)).toEqual([
      expect.objectContaining({ event: 'call.dtmf', call_id: callId, digit: '1', to: '+15005550001' }),
    ]);
    expect(receiver.events('call.completed')).toEqual([
      expect.objectContaining({
        call_id: callId,
        to: '+15005550001',
        status: 'answered',
        dtmf_response: '1',
        amd_result: 'human',
        duration_seconds: call['duration_seconds'],
      }),
    ]);
    expect(receiver.allSigned(world.webhookSecret)).toBe(true);
    const names = (call['events'] as { event: string }[]).map(({ event }) => event);
    expect(names).toEqual([
      'call.queued',
      'call.dialing',
      'call.ringing',
      'call.answered',
      'call.dtmf',
      'call.completed',
    ]);
  });

  test('whose person presses 9 opts out: recorded, reported, and the next call is refused', async () => {
    const call = await ended(await place('+15005550009'));
    expect(call).toMatchObject({ status: 'completed', dtmf_response: '9' });
    expect(receiver.events('contact.optout')).toEqual([
      expect.objectContaining({ to: '+15005550009', source: 'key', digit: '9' }),
    ]);
    const body = { to: '+15005550009', from: SANDBOX_NUMBER, message: 'Hello again.' };
    const again = await world.request('POST', '/api/v1/calls', { body });
    expect(again.status).toBe(403);
    expect(again.body).toMatchObject({ error: { code: 'recipient_opted_out', field: 'to' } });
    // The ledger of live data knows nothing of it.
    expect((await world.request('POST', '/api/v1/calls', { body, key: world.keys.live })).status).toBe(201);
  });

  test('to somebody who opts out while it waits ends failed, undialled', async () => {
    const at = new Date(world.clock.now() + 120_000).toISOString();
    const waiting = await place('+15005550009', { schedule_at: at });
    await ended(await place('+15005550009'));
    expect(await ended(waiting)).toMatchObject({ status: 'failed', error: { code: 'suppressed' }, attempts: 0 });
  });

  test.each([
    ['+15005550020', 'busy', 'call.no_answer', 'busy', 486],
    ['+15005550021', 'rejected', 'call.no_answer', 'rejected', 603],
    ['+15005550022', 'no_answer', 'call.no_answer', 'ring_timeout', 487],
    ['+15005550023', 'failed', 'call.failed', 'unallocated', 404],
    ['+15005550024', 'failed', 'call.failed', 'carrier_error', 500],
    ['+15005550025', 'failed', 'call.failed', 'unreachable', null],
  ])('to %s ends %s, once, as %s', async (to, status, event, reason, sipCode) => {
    const call = await ended(await place(to));
    expect(call).toMatchObject({ status, sip_code: sipCode, error: { code: reason }, duration_seconds: 0 });
    await world.run(60_000);
    expect(receiver.received.map(({ body }) => [body['event'], body['status']])).toEqual([[event, status]]);
  });

  test('whose person hangs up in the middle of the message is completed', async () => {
    const call = await ended(await place('+15005550026', { message: 'A very long message indeed. '.repeat(20) }));
    expect(call).toMatchObject({ status: 'completed', error: { code: 'callee_hung_up' }, duration_seconds: 2 });
  });

  test('without a key pressed says its message twice, waits ten seconds each time, and hangs up', async () => {
    const call = await ended(await place('+12125550100'));
    // 1.6 s to know a person; six words of a quarter of a second, twice, and ten seconds of waiting after each.
    expect(call['duration_seconds']).toBe(25);
    expect(call).toMatchObject({ status: 'completed', dtmf_response: null, digits: '' });
  });

  test('that is scheduled waits for its time, and can be canceled before it', async () => {
    const at = new Date(world.clock.now() + 300_000).toISOString();
    const first = await place('+12125550100', { schedule_at: at });
    const second = await place('+12125550100', { schedule_at: at });
    await world.run(150_000);
    expect(await look(first)).toMatchObject({ status: 'queued', dialed_at: null });
    const canceled = await world.request('POST', `/api/v1/calls/${second}/cancel`);
    expect(canceled).toMatchObject({ status: 200, body: { status: 'canceled' } });
    await world.run(150_000);
    expect(await ended(first)).toMatchObject({ status: 'completed' });
    expect((await world.request('POST', `/api/v1/calls/${second}/cancel`)).status).toBe(409);
    expect(receiver.events('call.canceled')).toHaveLength(1);
  });

  test('that rings or talks is hung up by cancel', async () => {
    const ringing = await place('+15005550022');
    await world.runUntil('ringing', async () => (await look(ringing))['status'] === 'ringing');
    await world.request('POST', `/api/v1/calls/${ringing}/cancel`);
    expect(await ended(ringing)).toMatchObject({ status: 'canceled' });

    const talking = await place('+12125550100');
    await world.runUntil('answered', async () => (await look(talking))['status'] === 'answered');
    await world.request('POST', `/api/v1/calls/${talking}/cancel`);
    expect(await ended(talking)).toMatchObject({ status: 'completed' });
  });

  test('that is recorded has its recording until it is deleted', async () => {
    const callId = await place('+15005550001', { record: true });
    const call = await ended(callId);
    expect(call['recording']).toMatchObject({ url: `http://127.0.0.1:8080/api/v1/calls/${callId}/recording` });
    const wav = await world.request('GET', `/api/v1/calls/${callId}/recording`);
    expect(wav.headers['content-type']).toBe('audio/wav');
    expect(wav.raw.subarray(0, 4).toString()).toBe('RIFF');
    const range = { headers: { range: 'bytes=8-11' } };
    const part = await world.request('GET', `/api/v1/calls/${callId}/recording`, range);
    expect([part.status, part.raw.toString()]).toEqual([206, 'WAVE']);
    const withLiveKey = { key: world.keys.live };
    expect((await world.request('GET', `/api/v1/calls/${callId}/recording`, withLiveKey)).status).toBe(404);
    expect((await world.request('DELETE', `/api/v1/calls/${callId}/recording`)).status).toBe(204);
    expect((await world.request('GET', `/api/v1/calls/${callId}/recording`)).status).toBe(404);
  });

  test('is seen by its own mode only', async () => {
    const callId = await place('+12125550100');
    expect((await world.request('GET', `/api/v1/calls/${callId}`, { key: world.keys.live })).status).toBe(404);
    const listed = await world.request('GET', '/api/v1/calls', { key: world.keys.live });
    expect(listed.body).toEqual({ calls: [], next_cursor: null });
  });

  test('comes by the hundred without real waiting, each ending once', async () => {
    const ids = new Set<string>();
    for (let index = 0; index < 200; index++) ids.add(await place('+15005550001'));
    await world.runUntil('200 ends', () => receiver.events('call.completed').length >= 200, 3_600_000);
    await world.run(60_000);
    expect(receiver.events('call.completed')).toHaveLength(200);
    expect(new Set(receiver.events('call.completed').map((body) => body['call_id']))).toEqual(ids);
  }, 120_000);
});
