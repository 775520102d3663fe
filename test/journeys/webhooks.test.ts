import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rollWebhookSecret, verifyWebhook } from '#core/webhooks/index.js';
import type { HeldClock } from '../held-clock.js';
import { openReceiver, type Received, type Receiver } from '../receiver.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Stories of deliveries: real HTTP to real receivers, the days between in our hand. */
describe('a webhook delivery', () => {
  let world: World;
  let clock: HeldClock;
  let receiver: Receiver;

  beforeEach(async () => {
    world = await openWorld();
    clock = world.clock as HeldClock;
    receiver = await openReceiver();
  });
  afterEach(async () => {
    expect(await world.violations()).toEqual([]);
    receiver.answer(200);
    await world.close();
    await receiver.close();
  });

  /** Lets time jump, but for the last moments: what falls due on the way happens there. */
  async function pass(ms: number): Promise<void> {
    clock.advance(Math.max(0, ms - 2000));
    await world.run(Math.min(ms, 2000));
  }

  /** Makes one event that is delivered at once: a call that is canceled while it waits. Gives the call's id. */
  async function event(url = receiver.url, key = world.keys.test): Promise<string> {
    const schedule_at = new Date(clock.now() + DAY).toISOString();
    const body = { to: '+12125550100', from: SANDBOX_NUMBER, message: 'Hello.', webhook_url: url, schedule_at };
    const placed = await world.request('POST', '/api/v1/calls', { body, key });
    expect(placed.status, JSON.stringify(placed.body)).toBe(201);
    const id = String(placed.body['call_id']);
    expect((await world.request('POST', `/api/v1/calls/${id}/cancel`, { key })).status).toBe(200);
    return id;
  }

  interface Listed {
    delivery_id: string;
    status: string;
    attempts: number;
    next_attempt_at: string | null;
    delivered_at: string | null;
    tries: { attempt: number; status_code: number | null; error: string | null; response_excerpt: string | null }[];
  }

  async function deliveries(query = ''): Promise<Listed[]> {
    const reply = await world.request('GET', `/api/v1/webhook_deliveries?${query}`);
    expect(reply.status, JSON.stringify(reply.body)).toBe(200);
    return reply.body['deliveries'] as Listed[];
  }

  async function deliveryOf(callId: string): Promise<Listed> {
    const [listed] = await deliveries(`call_id=${callId}`);
    return (await world.request('GET', `/api/v1/webhook_deliveries/${listed?.delivery_id}`)).body as unknown as Listed;
  }

  async function replay(what: string, body?: object): Promise<unknown> {
    const reply = await world.request('POST', `/api/v1/webhook_deliveries/${what}`, { body });
    expect(reply.status, JSON.stringify(reply.body)).toBe(202);
    return reply.body['replayed'];
  }

  const idsOf = (all: Received[]): unknown[] => [...new Set(all.map(({ headers }) => headers['webhook-id']))];
  const of = (callId: string): Received[] => receiver.received.filter(({ body }) => body['call_id'] === callId);

  /** Goes to the next attempt; returns how long that was, in milliseconds. */
  async function toNextAttempt(callId: string): Promise<number> {
    const before = clock.now();
    const at = Date.parse((await deliveryOf(callId)).next_attempt_at ?? '');
    const received = of(callId).length;
    await pass(Math.max(0, at - before - 1000));
    expect(of(callId)).toHaveLength(received);
    await pass(at + 1000 - clock.now());
    return at - before;
  }

  test('that fails is tried again with growing waits over more than a day, under one id, until it arrives', async () => {
    receiver.answer(500);
    const startedAt = clock.now();
    const id = await event();
    await world.settle();
    const waits: number[] = [];
    for (let attempt = 2; attempt <= 11; attempt++) {
      if (attempt === 6) receiver.answer(undefined);
      if (attempt === 11) receiver.answer(200);
      waits.push(await toNextAttempt(id));
      expect(of(id)).toHaveLength(attempt);
    }
    expect(clock.now() - startedAt).toBeGreaterThan(DAY);
    for (const [index, wait] of waits.entries()) expect(wait).toBeGreaterThanOrEqual(waits[index - 1] ?? 0);
    expect(idsOf(of(id))).toEqual([(await deliveryOf(id)).delivery_id]);
    expect(new Set(of(id).map(({ text }) => text)).size).toBe(1);
    // Each attempt is signed for its own time.
    expect(new Set(of(id).map(({ headers }) => headers['webhook-timestamp'])).size).toBe(11);
    expect(receiver.allSigned(world.webhookSecret)).toBe(true);
    const delivery = await deliveryOf(id);
    expect(delivery).toMatchObject({ status: 'delivered', attempts: 11, next_attempt_at: null });
    expect(delivery.delivered_at).not.toBeNull();
    expect(delivery.tries.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 11 }, (_, index) => index + 1));
    expect(delivery.tries[0]).toMatchObject({ status_code: 500, error: null, response_excerpt: 'not now' });
    expect(delivery.tries[5]).toMatchObject({ status_code: null, error: expect.stringMatching(/./) as string });
    expect(delivery.tries[10]).toMatchObject({ status_code: 200, response_excerpt: 'ok' });
    await pass(2 * DAY);
    expect(of(id)).toHaveLength(11);
  });

  test('that never arrives fails for good, and is sent again by its id or its time under the same id', async () => {
    receiver.answer(410);
    const [first, second] = [await event(), await event()];
    await world.settle();
    for (let waiting = await deliveries('status=pending'); waiting.length > 0;) {
      const next = waiting.map(({ next_attempt_at }) => Date.parse(next_attempt_at ?? ''));
      await pass(Math.min(...next) + 1000 - clock.now());
      waiting = await deliveries('status=pending');
    }
    expect(await deliveryOf(first)).toMatchObject({ status: 'failed', attempts: 11, next_attempt_at: null });
    expect((await deliveries('status=failed')).length).toBe(2);
    const received = receiver.received.length;
    await pass(3 * DAY);
    expect(receiver.received).toHaveLength(received);

    receiver.answer(200);
    expect(await replay(`${(await deliveryOf(first)).delivery_id}/replay`)).toBe(1);
    await world.settle();
    expect(await deliveryOf(first)).toMatchObject({ status: 'delivered', attempts: 1 });
    expect((await deliveryOf(first)).tries).toHaveLength(12);
    expect(idsOf(of(first))).toHaveLength(1);

    const since = new Date(clock.now() - 30 * DAY).toISOString();
    expect(await replay('replay', { since, until: since })).toBe(0);
    // Only what failed, unless told otherwise.
    expect(await replay('replay', { since })).toBe(1);
    await world.settle();
    expect((await deliveries('status=delivered')).length).toBe(2);
    expect(await replay('replay', { since, failed_only: false })).toBe(2);
    await world.settle();
    for (const id of [first, second]) expect(idsOf(of(id))).toHaveLength(1);
    expect(of(first)).toHaveLength(13);
    expect(of(second)).toHaveLength(13);
  });

  test('to an endpoint that never answers delays nobody else', async () => {
    const dead = await openReceiver();
    dead.answer('never');
    const stuck: string[] = [];
    for (let count = 0; count < 20; count++) stuck.push(await event(dead.url));
    await dead.waitFor(() => dead.received.length === 8);
    for (let count = 0; count < 20; count++) await event();
    await receiver.waitFor(() => receiver.received.length === 20);
    // No more than its share at once, and none of them has come to an end.
    expect(dead.received).toHaveLength(8);
    expect((await deliveries('status=pending&limit=100')).length).toBeGreaterThanOrEqual(20);
    dead.answer(200);
    await world.settle();
    expect(new Set(dead.received.map(({ body }) => body['call_id']))).toEqual(new Set(stuck));
    expect(await deliveries('status=pending')).toEqual([]);
    await dead.close();
  });

  test('to an endpoint that fails for three days is not sent; replay switches it on again', async () => {
    receiver.answer(503);
    const failed: string[] = [];
    for (let day = 0; day < 3; day++) {
      failed.push(await event());
      await world.settle();
      await pass(DAY);
    }
    // Three days after the first failure the next one is the last.
    const waiting = Array.from({ length: 12 }, () => event());
    failed.push(...(await Promise.all(waiting)));
    await world.settle();
    expect(await deliveries('status=pending')).toEqual([]);
    const received = receiver.received.length;
    failed.push(await event());
    await pass(DAY);
    expect(receiver.received).toHaveLength(received);
    expect(await deliveryOf(failed.at(-1) ?? '')).toMatchObject({ status: 'failed', attempts: 0, tries: [] });
    expect((await deliveries('status=failed&limit=100')).length).toBe(failed.length);

    receiver.answer(200);
    expect(await replay('replay', { since: new Date(clock.now() - 30 * DAY).toISOString() })).toBe(failed.length);
    await world.settle();
    expect((await deliveries('status=delivered&limit=100')).length).toBe(failed.length);
    const next = await event();
    await world.settle();
    expect(of(next)).toHaveLength(1);
  });

  test('is signed with the old secret too for a day after the secret was rolled', async () => {
    const newSecret = await rollWebhookSecret(world.core, world.account.id);
    const fits = (received: Received | undefined, secret: string) =>
      received !== undefined && verifyWebhook(received.headers as Record<string, string>, received.text, secret);
    for (const [afterMs, oldFits] of [
      [0, true],
      [DAY - 60_000, true],
      [120_000, false],
    ] as const) {
      await pass(afterMs);
      const id = await event();
      await world.settle();
      const [received] = of(id);
      expect([fits(received, newSecret), fits(received, world.webhookSecret)]).toEqual([true, oldFits]);
    }
  });

  test('of a test call is marked as such, and one of a live call is not', async () => {
    const [test, live] = [await event(), await event(receiver.url, world.keys.live)];
    await world.settle();
    expect(of(test)[0]?.headers['sidetone-mode']).toBe('test');
    expect(of(live)[0]?.headers['sidetone-mode']).toBeUndefined();
    // Each key lists its own.
    expect((await deliveries()).length).toBe(1);
  });

  test.each([
    ['cannot be replayed without a time', {}, 'since'],
    ['cannot be replayed since something that is no time', { since: 'yesterday' }, 'since'],
    ['cannot be replayed until something that is no time', { since: '2026-01-01T00:00:00Z', until: '1' }, 'until'],
    ['knows no other wishes', { since: '2026-01-01T00:00:00Z', all: true }, 'all'],
  ])('%s', async (_what, body, field) => {
    const reply = await world.request('POST', '/api/v1/webhook_deliveries/replay', { body });
    expect(reply).toMatchObject({ status: 400, body: { error: { code: 'invalid_request', field } } });
  });
});
