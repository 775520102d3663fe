import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KillPoint } from '#core/core.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

/** What becomes of a call for which the server stops in good order before it has dialled it. */
describe('a server that stops', () => {
  let world: World;
  let receiver: Receiver;
  let next: Promise<World> | undefined;
  let stopAt: KillPoint;

  beforeEach(async () => {
    next = undefined;
    receiver = await openReceiver();
    world = await openWorld({
      killPoint: (point) => {
        if (point === stopAt) next ??= world.restart();
      },
    });
  });
  afterEach(async () => {
    expect(await world.violations()).toEqual([]);
    await world.close();
    await receiver.close();
  });

  async function placeAndRestart(): Promise<string> {
    const { body } = await world.request('POST', '/api/v1/calls', {
      body: { to: '+12125550100', from: SANDBOX_NUMBER, message: 'Hello.', webhook_url: receiver.url },
    });
    await world.runUntil('the stop', () => next !== undefined);
    world = (await next) ?? world;
    return String(body['call_id']);
  }

  async function ended(callId: string): Promise<Record<string, unknown>> {
    const look = async () => (await world.request('GET', `/api/v1/calls/${callId}`)).body;
    await world.runUntil(`the end of ${callId}`, async () => (await look())['completed_at'] !== null);
    await world.settle();
    return look();
  }

  test('with a call in hand that it has not dialled leaves it to the next one', async () => {
    stopAt = 'call.claimed';
    const callId = await placeAndRestart();
    expect(await ended(callId)).toMatchObject({ status: 'completed', attempts: 1, error: null });
    expect(receiver.received.map(({ body }) => body['event']).sort()).toEqual(['call.answered', 'call.completed']);
  });

  test('in the moment of dialling ends the call at once, and does not call again', async () => {
    stopAt = 'call.dialing';
    const callId = await placeAndRestart();
    expect(await ended(callId)).toMatchObject({ status: 'failed', attempts: 1, error: { code: 'server_stopped' } });
    expect(receiver.received.map(({ body }) => body['event'])).toEqual(['call.failed']);
  });
});
