import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { serviceAdapters } from '#carriers/service-adapters.js';
import { addCarrier, callbackUrl, showCarrier } from '#core/carriers/index.js';
import { openReceiver, type Receiver } from '#test/receiver.js';
import { FATES, TextService, TWILIO_TOKEN, twilioDialect, twilioRequest } from '#test/text-service.js';
import { openWorld, SANDBOX_NUMBER, sandboxCarriers, type World } from '#test/world.js';
import type { CallbackReply, CarrierCallback } from '#carriers/carrier.js';

let world: World;
let receiver: Receiver;
let service: TextService;
let carrierId: string;
const settings = { publicUrl: 'http://127.0.0.1:8080' };

beforeAll(async () => {
  receiver = await openReceiver();
  service = await new TextService(twilioDialect).open();
  world = await openWorld({
    carriers: (clock) =>
      sandboxCarriers(clock, serviceAdapters({ clock, callbackUrl: (id) => callbackUrl(settings, id) })),
  });
  service.tell = ask;
  const carrier = await addCarrier(world.core, {
    ...{ name: 'tw', kind: 'twilio', actor: 'test' },
    settings: { accountSid: 'AC1', apiUrl: service.url },
    secrets: { authToken: TWILIO_TOKEN },
  });
  carrierId = carrier.id;
});
afterAll(async () => {
  await world.close();
  await service.close();
  await receiver.close();
});

/** The carrier's request, as it comes to our server. */
async function ask({ method, url, headers, body }: CarrierCallback): Promise<CallbackReply> {
  const reply = await world.platform.server.app.inject({
    method: method as 'POST',
    url: url.slice(settings.publicUrl.length),
    headers,
    ...(body.length === 0 ? {} : { payload: body }),
  });
  return { status: reply.statusCode, contentType: String(reply.headers['content-type']), body: reply.body };
}

async function send(to: string): Promise<string> {
  const sent = await world.request('POST', '/api/v1/sms', {
    key: world.keys.live,
    body: { to, from: SANDBOX_NUMBER, message: 'Hello', webhook_url: receiver.url },
  });
  expect(sent.status, sent.raw.toString()).toBe(201);
  return String(sent.body['sms_id']);
}

async function look(id: string): Promise<Record<string, unknown>> {
  return (await world.request('GET', `/api/v1/sms/${id}`, { key: world.keys.live })).body;
}

/** The service answers in real time, what waits to be sent again does so by the held clock: both go on. */
async function ends(id: string, status: string): Promise<void> {
  for (let steps = 0; steps < 1000; steps++) {
    await world.run(100);
    if ((await look(id))['status'] === status) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`${id} is ${String((await look(id))['status'])}, not ${status}`);
}

describe('a live text by a service over HTTP', () => {
  it('is handed over once, and its receipt is heard', async () => {
    const id = await send(FATES.delivers);
    await ends(id, 'delivered');
    expect(service.asked.filter(({ body }) => body.includes(id))).toHaveLength(1);
    expect(receiver.events('sms.delivered').filter((body) => body['sms_id'] === id)).toHaveLength(1);
    expect((await showCarrier(world.core, { name: 'tw' })).state).toMatchObject({ up: true });
  });

  it.each([
    ['undelivered', FATES.fails],
    ['failed', FATES.refuses],
    ['unknown', FATES.loses],
    ['delivered', FATES.throttles],
  ])('ends %s where the service says so', async (status, to) => {
    await ends(await send(to), status);
  });

  it('whose answer got lost is found by a later receipt', async () => {
    const id = await send(FATES.breaks);
    await ends(id, 'unknown');
    const url = `${callbackUrl(settings, carrierId)}/status?message=${id}`;
    const receipt = { MessageSid: 'SM_late', MessageStatus: 'delivered', To: FATES.breaks, From: SANDBOX_NUMBER };
    expect(await ask(twilioRequest(TWILIO_TOKEN, url, receipt))).toMatchObject({ status: 204, body: '' });
    await ends(id, 'delivered');
  });
});

describe('what a carrier tells over HTTP', () => {
  const incoming = (fields: object = {}): CarrierCallback =>
    twilioRequest(TWILIO_TOKEN, `${callbackUrl(settings, carrierId)}/incoming`, {
      ...{ MessageSid: 'SM_in', SmsStatus: 'received', From: '+12125550142', To: SANDBOX_NUMBER, Body: 'Hi there' },
      ...fields,
    });
  const received = () =>
    world.core.db.selectFrom('messages').selectAll().where('direction', '=', 'in').orderBy('id').execute();

  it('is written down before it is answered, once however often it is told', async () => {
    for (let times = 0; times < 3; times++) {
      const reply = await ask(incoming());
      expect(reply).toMatchObject({ status: 200, body: expect.stringContaining('<Response></Response>') as string });
      expect(reply.contentType).toMatch(/^text\/xml/);
    }
    expect(await received()).toMatchObject([
      {
        mode: 'live',
        from_address: '+12125550142',
        to_address: SANDBOX_NUMBER,
        text: 'Hi there',
        carrier_id: carrierId,
      },
    ]);
  });

  it('is refused without a right signature, and nothing is written', async () => {
    const right = incoming({ MessageSid: 'SM_forged' });
    const before = (await received()).length;
    for (const wrong of [
      { ...right, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      { ...right, body: Buffer.from(right.body.toString().replace('Hi', 'Ho')) },
      { ...right, url: right.url.replace('/incoming', '') },
      twilioRequest('another token', right.url, { MessageSid: 'SM_forged', Body: 'x', From: '+1', To: '+1' }),
      { ...right, method: 'GET', body: Buffer.alloc(0) },
    ]) {
      expect((await ask(wrong)).status).toBe(403);
    }
    expect(await received()).toHaveLength(before);
  });

  it('is asked for again while it cannot be written down', async () => {
    const away = vi.spyOn(world.core.carriers, 'callback').mockRejectedValue(new Error('the database is away'));
    const quiet = vi.spyOn(world.core.log, 'error').mockImplementation(() => undefined);
    expect((await ask(incoming({ MessageSid: 'SM_again' }))).status).toBe(500);
    away.mockRestore();
    quiet.mockRestore();
    expect((await ask(incoming({ MessageSid: 'SM_again' }))).status).toBe(200);
  });

  it.each([
    ['POST', '/carriers/car_nobody/callback', 404],
    ['GET', '/carriers/loopback/callback/status', 404],
    ['PUT', '/carriers/car_nobody/callback', 405],
    ['GET', '/carriers/car_nobody/elsewhere', 404],
    ['GET', '/carriers', 404],
  ])('%s %s is %i', async (method, path, status) => {
    expect((await world.request(method, path, { key: null })).status).toBe(status);
  });

  it('is read up to a size', async () => {
    const { url, headers } = incoming();
    expect((await ask({ method: 'POST', url, headers, body: Buffer.alloc(300_000, 'a') })).status).toBe(413);
  });
});
