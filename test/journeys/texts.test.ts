import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkMessages } from '#core/messages/index.js';
import { eventsOf, queueTexts, readText, setPace, type QueuedText } from '../queued-texts.js';
import { openReceiver, type Receiver } from '../receiver.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

/** Texts in the sandbox, from the queue to their end, on a clock that is held. */
let world: World;
let receiver: Receiver;
let openedAt: Date;

beforeEach(async () => {
  world = await openWorld();
  openedAt = new Date(world.clock.now());
  receiver = await openReceiver();
  await setPace(world.core, SANDBOX_NUMBER, 100);
});
afterEach(async () => {
  expect(await checkMessages(world.core, openedAt)).toEqual([]);
  await world.close();
  await receiver.close();
});

function send(...texts: QueuedText[]): Promise<string[]> {
  return queueTexts(world.core, world.account.id, texts);
}

async function ends(id: string, status: string): Promise<void> {
  await world.runUntil(`${id} is ${status}`, async () => (await readText(world.core, id)).status === status);
}

test('a text is sent and delivered, and its webhook hears of both', async () => {
  const [id = ''] = await send({ to: '+12125550100' });
  await ends(id, 'delivered');
  expect(await eventsOf(world.core, id)).toEqual(['message.sent', 'message.delivered']);
  const row = await readText(world.core, id);
  expect(row).toMatchObject({ carrier_id: 'loopback', node_id: null, attempts: 1, reason: null });
  expect(row.ended_at!.getTime() - row.sent_at!.getTime()).toBeGreaterThan(0);
});

test('a long text leaves in parts and is delivered when all of them are', async () => {
  const [id = ''] = await send({ to: '+12125550100', text: 'Long. '.repeat(60) });
  await ends(id, 'delivered');
  const parts = await world.core.db.selectFrom('message_parts').selectAll().where('message_id', '=', id).execute();
  expect(parts.map(({ part, status }) => [part, status])).toEqual([
    [1, 'delivered'],
    [2, 'delivered'],
    [3, 'delivered'],
  ]);
  expect(await eventsOf(world.core, id)).toEqual(['message.sent', 'message.delivered']);
});

test('nothing is sent before its time', async () => {
  const [id = ''] = await send({ to: '+12125550100', dueInMs: 60_000 });
  await world.run(59_000);
  expect((await readText(world.core, id)).status).toBe('queued');
  await ends(id, 'delivered');
  expect((await readText(world.core, id)).sending_at!.getTime() - openedAt.getTime()).toBe(60_000);
});
