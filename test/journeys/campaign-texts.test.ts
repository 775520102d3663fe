import { afterEach, beforeEach, expect, test } from 'vitest';
import { HeldClock } from '../held-clock.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

/** Campaigns by text: what they wait for, and how long. */
let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

const HOUR_MS = 3_600_000;
const WITHOUT_RECEIPT = '+15005550075';

async function create(more: object): Promise<string> {
  const body = { name: 'Many', purpose: 'transactional', channel: 'sms', from: SANDBOX_NUMBER, message: 'Hello.' };
  const reply = await world.request('POST', '/api/v1/campaigns', { body: { ...body, ...more } });
  expect(reply.status, JSON.stringify(reply.body)).toBe(201);
  return String(reply.body['campaign_id']);
}

const look = async (id: string) => (await world.request('GET', `/api/v1/campaigns/${id}`)).body;
const sent = (id: string) =>
  world.runUntil('it is sent', async () => {
    const { body } = await world.request('GET', `/api/v1/campaigns/${id}/recipients?outcome=sent`);
    return (body['recipients'] as unknown[]).length === 1;
  });
const row = (id: string) =>
  world.core.db.selectFrom('campaigns').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

/** As if its last text had left so long ago; looked at anew. */
async function lastMoved(id: string, agoMs: number): Promise<void> {
  const now = world.clock.now();
  const times = { moved_at: new Date(now - agoMs), next_at: new Date(now) };
  await world.core.db.updateTable('campaigns').set(times).where('id', '=', id).execute();
  world.core.wake.campaigns();
  await world.settle();
}

test('while only receipts are awaited it is looked at less and less, and after an hour it is over', async () => {
  const id = await create({ contacts: [{ phone: WITHOUT_RECEIPT }] });
  await sent(id);
  const sleepsMs: number[] = [];
  for (const minutes of [0, 1, 5, 20, 59.9]) {
    await lastMoved(id, minutes * 60_000);
    sleepsMs.push((await row(id)).next_at!.getTime() - world.clock.now());
  }
  expect(sleepsMs).toEqual([500, 6000, 30_000, 60_000, 6000]);
  await lastMoved(id, HOUR_MS);
  expect(await look(id)).toMatchObject({ status: 'completed', stats: { completed: 1, sent: 1, active: 0 } });
});

test('a text that is being handed over is waited for, however long that takes', async () => {
  const id = await create({ contacts: [{ phone: WITHOUT_RECEIPT }] });
  await sent(id);
  const become = (state: { status: 'sending' | 'sent'; node_id: number | null }) =>
    world.core.db.updateTable('messages').set(state).where('campaign_id', '=', id).execute();
  await become({ status: 'sending', node_id: world.core.node });
  await lastMoved(id, 2 * HOUR_MS);
  expect(await look(id)).toMatchObject({ status: 'running', stats: { active: 1 } });
  await become({ status: 'sent', node_id: null });
  await lastMoved(id, 2 * HOUR_MS);
  expect(await look(id)).toMatchObject({ status: 'completed', stats: { active: 0 } });
});

test('the hours of a text are those where its recipient is, whatever zone the campaign tells its times in', async () => {
  await world.close();
  // 10:30 in New York, 07:30 in Los Angeles.
  world = await openWorld({ clock: new HeldClock(Date.parse('2026-03-04T15:30:00Z')) });
  const id = await create({
    timezone: 'America/Los_Angeles',
    calling_window: { start: '09:00', end: '17:00' },
    contacts: [{ phone: '+12125550101' }, { phone: '+12125550102', time_zone: 'America/Los_Angeles' }],
  });
  await world.run(60_000);
  expect((await look(id))['stats']).toMatchObject({ delivered: 1, waiting: 1 });
  const { body } = await world.request('GET', `/api/v1/campaigns/${id}/recipients?status=waiting`);
  expect(body['recipients']).toMatchObject([{ phone: '+12125550102', next_attempt_at: '2026-03-04T17:00:00Z' }]);
});
