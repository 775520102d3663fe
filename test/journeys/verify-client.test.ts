import { createHmac } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addTrunk } from '#core/trunks/index.js';
import { verifyWebhook } from '#core/webhooks/index.js';
import { openReceiver, type Received, type Receiver } from '../receiver.js';
import { openWorld, type World } from '../world.js';

/** As published; a client changes the address and the key, and nothing else. */
const FETCH_EXAMPLE = `fetch("https://app.telroi.ai/v1/otp", {
  method: "POST",
  headers: {
    "Authorization": "Bearer tlr_live_xxx",
    "Content-Type": "application/json"
  },
  body: JSON.stringify({
    "to": "+15551234567"
  })
})
  .then((res) => res.json())
  .then((data) => console.log(data));`;

const CURL_EXAMPLE = String.raw`curl https://app.telroi.ai/v1/numbers \
  -H "Authorization: Bearer tlr_live_xxx"`;

let world: World;
let receiver: Receiver;
beforeEach(async () => {
  world = await openWorld();
  receiver = await openReceiver();
});
afterEach(async () => {
  expect(await world.violations()).toEqual([]);
  receiver.answer(200);
  await world.close();
  await receiver.close();
});

async function ask(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const reply = await world.request(method, `/v1${path}`, { body });
  expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300);
  return reply.body;
}

/** What is printed by a client, while time goes on here. */
async function whileTimePasses<T>(what: string, client: Promise<T>): Promise<T> {
  let settled = false;
  const done = client.finally(() => (settled = true));
  await world.runUntil(what, async () => {
    // The client is on the other side of a socket: let it speak.
    await new Promise((resolve) => setTimeout(resolve, 5));
    return settled;
  });
  return done;
}

describe('a client of the published examples, with another address and key', () => {
  let base: string;
  beforeEach(async () => {
    const trunk = { name: 'carrier', uri: 'sip:127.0.0.1:9', sipHost: '127.0.0.1', actor: 'test' };
    await addTrunk(world.core, trunk);
    const { host, port } = await world.platform.server.listen();
    base = `http://${host}:${port}`;
  });
  const ours = (text: string, key: string): string =>
    text.replace('https://app.telroi.ai', base).replace('tlr_live_xxx', key);

  test.each(['live', 'test'] as const)('asks for a code with the fetch example, with a %s key', async (mode) => {
    const printed = new Promise((resolve, reject) => {
      const console = { log: resolve };
      (runInNewContext(ours(FETCH_EXAMPLE, world.keys[mode]), { fetch, console }) as Promise<void>).catch(reject);
    });
    const otp = await whileTimePasses('the printed reply', printed);
    expect(otp).toMatchObject(
      mode === 'live'
        ? { object: 'otp', livemode: true, to: '+15551234567', status: 'calling' }
        : { object: 'otp', livemode: false, simulated: true, status: 'delivered', sandbox_code: '000000' },
    );
  });

  test('lists its numbers with the curl example', async () => {
    const [, url = '', , header = ''] = words(ours(CURL_EXAMPLE, world.keys.live));
    const [name = '', value = ''] = header.split(': ');
    const reply = await whileTimePasses('the reply', fetch(url, { headers: { [name]: value } }));
    expect(reply.status).toBe(200);
    expect(await reply.json()).toMatchObject({ object: 'list', data: [{ object: 'number', livemode: true }] });
  });
});

/** The words of a command, as a shell reads them. */
function words(command: string): string[] {
  const joined = command.replaceAll('\\\n', ' ');
  return [...joined.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

interface Endpoint {
  id: string;
  secret: string;
}

describe('a registered endpoint', () => {
  async function register(body: object): Promise<Endpoint> {
    return (await ask('POST', '/webhook_endpoints', { url: receiver.url, ...body })) as unknown as Endpoint;
  }
  const named = (event: string): Received[] => receiver.received.filter(({ body }) => body['event'] === event);
  const come = (event: string, times = 1): Promise<void> =>
    world.runUntil(`${event}, ${times} times`, () => named(event).length >= times);

  function signed({ headers, text }: Received, secret: string, header = 'telroi-signature'): boolean {
    const hex = createHmac('sha256', secret).update(text).digest('hex');
    return headers[header] === hex && verifyWebhook(headers as Record<string, string>, text, secret);
  }

  test('is told of a code by signed deliveries, also after a restart in the middle', async () => {
    const endpoint = await register({ events: ['otp.completed', 'otp.verified', 'call.completed'] });
    expect(endpoint.secret).toMatch(/^whsec_/);
    receiver.answer(503);
    const otp = await whileTimePasses('the code is asked for', ask('POST', '/otp', { to: '+15005550001' }));
    await come('otp.completed');

    world = await world.restart();
    receiver.answer(200);
    await come('otp.completed', 2);
    const [first, again] = named('otp.completed') as [Received, Received];
    expect(again.body).toEqual({
      event: 'otp.completed',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      data: { id: otp['id'], to: '+15005550001', status: 'delivered', client_supplied: false },
    });
    expect(again.text).toBe(first.text);
    expect(again.headers['webhook-id']).toBe(first.headers['webhook-id']);
    expect(again.headers).toMatchObject({ 'user-agent': 'Telroi-Webhooks/1', 'sidetone-mode': 'test' });
    expect(receiver.received.every((one) => signed(one, endpoint.secret))).toBe(true);

    expect(await ask('POST', '/otp/verify', { id: otp['id'], code: '999999' })).toMatchObject({ verified: false });
    expect(await ask('POST', '/otp/verify', { id: otp['id'], code: '000000' })).toMatchObject({ verified: true });
    await come('otp.verified', 2);
    expect(
      named('otp.verified')
        .map(({ body }) => (body['data'] as { verified: boolean }).verified)
        .sort(),
    ).toEqual([false, true]);
    // The call that spoke the code is no call of its own.
    expect(named('call.completed')).toEqual([]);
  });

  test('is told how calls end, each in its own form, and beside the URL of the request', async () => {
    const own = await openReceiver();
    await register({ events: ['call.completed'] });
    await register({ url: own.url, system: 'integration', events: ['call.started', 'call.completed', 'call.missed'] });
    for (const to of ['+15005550001', '+15005550020']) {
      const body = { to, from: '+15005550100', message: 'Hello.', webhook_url: `${receiver.url}/request` };
      expect((await world.request('POST', '/api/v1/calls', { body })).status).toBe(201);
    }
    await world.runUntil(
      'all of it',
      () =>
        named('call.completed').length >= 3 &&
        own.events('call.completed').length + own.events('call.missed').length >= 2,
    );
    await world.run(5000);
    const ends = named('call.completed').filter(({ path }) => path === '/');
    const statusOf = ({ body }: Received) => (body['data'] as { status: string }).status;
    expect(ends.map(statusOf).sort()).toEqual(['busy', 'completed']);
    expect(receiver.received.filter(({ path }) => path === '/request').length).toBeGreaterThanOrEqual(2);
    expect(own.events('call.started')).toHaveLength(2);
    expect(own.events('call.completed')).toMatchObject([{ data: { phone: '+15005550001', outcome: 'completed' } }]);
    expect(own.events('call.missed')).toMatchObject([
      { tenantId: world.account.id, data: { phone: '+15005550020', outcome: 'busy', durationSec: 0 } },
    ]);
    // No secret was given, so the account's signs, and the form's own signature is absent.
    expect(own.allSigned(world.webhookSecret)).toBe(true);
    expect(own.received.every(({ headers }) => headers['x-telroi-signature'] === undefined)).toBe(true);
    expect(own.received[0]?.headers['user-agent']).toBe('Telroi-Events/1.0');
    await own.close();
  });

  test('is signed with a secret of its owner’s, which can be rolled', async () => {
    const secret = 'known-to-the-receiver';
    const { id } = await register({ system: 'integration', events: ['contact.created'], secret });
    await ask('POST', `/webhook_endpoints/${id}/test`, {});
    await come('contact.created');
    expect(signed(receiver.received[0] as Received, secret, 'x-telroi-signature')).toBe(true);
    const rolled = await ask('POST', `/webhook_endpoints/${id}/roll_secret`);
    await ask('POST', `/webhook_endpoints/${id}/test`, { event: 'contact.created' });
    await come('contact.created', 2);
    expect(signed(receiver.received[1] as Received, String(rolled['secret']), 'x-telroi-signature')).toBe(true);
  });

  test('is sent nothing more once it is disabled or removed, nor what waited', async () => {
    receiver.answer(500);
    const { id } = await register({ events: ['otp.verified'] });
    await ask('POST', `/webhook_endpoints/${id}/test`, {});
    await come('otp.verified');
    await world.settle();
    await ask('PATCH', `/webhook_endpoints/${id}`, { enabled: false });
    await world.run(120_000);
    expect(receiver.received).toHaveLength(1);
    // A replay does not go around it.
    const listed = (await world.request('GET', '/api/v1/webhook_deliveries')).body['deliveries'] as {
      delivery_id: string;
    }[];
    const delivery = `/api/v1/webhook_deliveries/${listed[0]?.delivery_id}`;
    await ask('DELETE', `/webhook_endpoints/${id}`);
    expect((await world.request('POST', `${delivery}/replay`)).status).toBe(202);
    await world.run(10_000);
    expect(receiver.received).toHaveLength(1);
    expect((await world.request('GET', delivery)).body['status']).toBe('failed');
  });
});
