import { afterAll, beforeAll, expect, test } from 'vitest';
import { openReceiver, type Receiver } from '../receiver.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

/** A text by the Outreach API, from the request to the telephone and the webhooks. */
let world: World;
let receiver: Receiver;
beforeAll(async () => {
  world = await openWorld();
  receiver = await openReceiver();
});
afterAll(async () => {
  await world.close();
  await receiver.close();
});

async function post(path: string, body?: object): Promise<Record<string, unknown>> {
  const reply = await world.request('POST', `/api/v1${path}`, body === undefined ? {} : { body });
  expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300);
  return reply.body;
}

async function shown(id: unknown): Promise<Record<string, unknown>> {
  return (await world.request('GET', `/api/v1/sms/${String(id)}`)).body;
}

const text = { to: '+12125550100', from: SANDBOX_NUMBER, message: 'Hello.' };

test('a text of two parts is sent and delivered, and both are told', async () => {
  const { sms_id: id } = await post('/sms', {
    ...text,
    message: 'a'.repeat(200),
    webhook_url: `${receiver.url}/texts`,
    metadata: { order: 7 },
  });
  await world.runUntil('its delivery', async () => (await shown(id))['status'] === 'delivered');
  await world.settle();
  expect(await shown(id)).toMatchObject({
    segments: 2,
    error: null,
    parts: [
      { part: 1, status: 'delivered' },
      { part: 2, status: 'delivered' },
    ],
  });
  const told = (event: string): unknown[] => receiver.events(event).filter((body) => body['sms_id'] === id);
  expect(told('sms.sent')).toMatchObject([{ status: 'sent', segments: 2, metadata: { order: 7 } }]);
  expect(told('sms.delivered')).toMatchObject([{ status: 'delivered', to: text.to, from: text.from, error: null }]);
  expect(JSON.stringify(receiver.received)).not.toContain('aaaa');
  expect(receiver.allSigned(world.webhookSecret)).toBe(true);
});

test('a scheduled text waits for its time, and goes then', async () => {
  const at = new Date(world.clock.now() + 30_000).toISOString();
  const { sms_id: id } = await post('/sms', { ...text, schedule_at: at });
  await world.run(25_000);
  expect(await shown(id)).toMatchObject({ status: 'queued', sent_at: null });
  await world.runUntil('its delivery', async () => (await shown(id))['status'] === 'delivered');
  expect(String((await shown(id))['sent_at']) >= at.slice(0, 19)).toBe(true);
});

test('a canceled text is never sent', async () => {
  const at = new Date(world.clock.now() + 10_000).toISOString();
  const { sms_id: id } = await post('/sms', { ...text, schedule_at: at });
  await post(`/sms/${String(id)}/cancel`);
  await world.run(15_000);
  expect(await shown(id)).toMatchObject({ status: 'canceled', sent_at: null, parts: [] });
});

test('the texts of a list are told of by their batch', async () => {
  const to = Array.from({ length: 5 }, (_, index) => `+1646555${2000 + index}`);
  const { batch_id: id } = await post('/sms', { ...text, to });
  const batch = async () => (await world.request('GET', `/api/v1/sms/batches/${String(id)}`)).body;
  await world.runUntil(
    'the end of all',
    async () =>
      (await batch())['statuses'] !== undefined && JSON.stringify((await batch())['statuses']) === '{"delivered":5}',
  );
  expect(await batch()).toMatchObject({ batch_id: id, total: 5, segments: 5 });
});
