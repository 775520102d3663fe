import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { purgeOld } from '#core/retention/index.js';
import { openReceiver } from '../receiver.js';
import { openWorld, SANDBOX_NUMBER } from '../world.js';

test('recordings and delivery attempts go after thirty days, the call and its delivery stay', async () => {
  const world = await openWorld();
  const receiver = await openReceiver();
  try {
    const body = {
      to: '+15005550001',
      from: SANDBOX_NUMBER,
      message: 'Hello.',
      record: true,
      webhook_url: receiver.url,
    };
    const { body: placed } = await world.request('POST', '/api/v1/calls', { body });
    const callId = String(placed['call_id']);
    await world.runUntil('the end is delivered', () => receiver.events('call.completed').length === 1);
    await world.settle();
    const { file } = await world.core.db.selectFrom('recordings').select('file').executeTakeFirstOrThrow();
    expect(existsSync(world.core.recordings.path(file))).toBe(true);
    const attempts = () => world.core.db.selectFrom('delivery_attempts').select('at').execute();
    expect(await attempts()).not.toEqual([]);

    expect((await world.requestInTime('POST', '/v1/otp', { body: { to: '+12125550100' } })).status).toBe(201);
    await world.run(60_000);

    const later = (days: number) => ({
      ...world.core,
      clock: {
        ...world.clock,
        now: () => world.clock.now() + days * 86_400_000,
        after: world.clock.after.bind(world.clock),
      },
    });
    expect(await purgeOld(later(29))).toEqual({ recordings: 0, deliveryAttempts: 0, verifications: 0, speechFiles: 0 });
    expect(await purgeOld(later(31))).toMatchObject({ recordings: 1, verifications: 1 });

    expect(existsSync(world.core.recordings.path(file))).toBe(false);
    expect((await world.request('GET', `/api/v1/calls/${callId}/recording`)).status).toBe(404);
    expect(await attempts()).toEqual([]);
    const { body: listed } = await world.request('GET', `/api/v1/webhook_deliveries?call_id=${callId}`);
    expect(listed['deliveries']).not.toEqual([]);
  } finally {
    await world.close();
    await receiver.close();
  }
});
