import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { setLimit } from '#core/accounts/index.js';
import { checkMessages, endMessage } from '#core/messages/index.js';
import { addNumber } from '#core/numbers/index.js';
import { CAMPAIGN_PRIORITY } from '#core/purpose.js';
import { suppress } from '#core/suppression/index.js';
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
  const [id = ''] = await send({ to: '+12125550100', webhookUrl: receiver.url });
  await ends(id, 'delivered');
  expect(await eventsOf(world.core, id)).toEqual(['message.sent', 'message.delivered']);
  await world.runUntil('the webhooks', () => receiver.received.length === 2);
  expect(receiver.received.map(({ body }) => [body['event'], body['sms_id']]).sort()).toEqual([
    ['sms.delivered', id],
    ['sms.sent', id],
  ]);
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

const TO = '+12125550100';
const owner = () => ({ accountId: world.account.id });

async function sendingTimes(ids: readonly string[]): Promise<number[]> {
  const rows = await Promise.all(ids.map((id) => readText(world.core, id)));
  return rows.map(({ sending_at }) => sending_at!.getTime() - openedAt.getTime());
}

describe('when a text leaves', () => {
  test('a sender sends so many segments a second, evenly spaced', async () => {
    await setPace(world.core, SANDBOX_NUMBER, 2);
    const ids = await send({ to: TO, text: 'Long. '.repeat(60) }, { to: TO }, { to: TO });
    await ends(ids[2]!, 'sent');
    // Three segments are worth a second and a half.
    expect(await sendingTimes(ids)).toEqual([0, 1500, 2000]);
  });

  test('another sender of the account does not wait behind it', async () => {
    await addNumber(world.core, { ...owner(), mode: 'test', number: '+15005550101', actor: 'test' });
    await setPace(world.core, SANDBOX_NUMBER, 1);
    const slow = await send(...Array.from({ length: 5 }, () => ({ to: TO })));
    const [other = ''] = await send({ to: TO, from: '+15005550101' });
    await ends(other, 'sent');
    expect((await readText(world.core, slow[1]!)).status).toBe('queued');
    expect((await sendingTimes([other]))[0]).toBe(0);
  });

  test('codes go first, then single texts, then marketing, then campaigns', async () => {
    await setPace(world.core, SANDBOX_NUMBER, 1);
    const [blocker = ''] = await send({ to: TO });
    await ends(blocker, 'sent');
    const ids = await send(
      { to: TO, priority: CAMPAIGN_PRIORITY },
      { to: TO, purpose: 'marketing' },
      { to: TO },
      { to: TO, purpose: 'verification' },
    );
    await ends(ids[0]!, 'sent');
    expect(await sendingTimes(ids)).toEqual([4000, 3000, 2000, 1000]);
  });

  test('an account sends so many segments in a minute', async () => {
    await setLimit(
      { ...world.core, keyRing: world.platform.keyRing },
      { ...owner(), name: 'messages_per_minute', value: 4, actor: 'test' },
    );
    const ids = await send(...Array.from({ length: 6 }, () => ({ to: TO })));
    await ends(ids[5]!, 'sent');
    const times = await sendingTimes(ids);
    expect(times.filter((at) => at < 60_000)).toHaveLength(4);
    expect(times.filter((at) => at >= 60_000)).toHaveLength(2);
  });

  test('it is dropped when its person opted out meanwhile, but for the answer to that', async () => {
    const [id = '', answer = ''] = await send({ to: TO, dueInMs: 5000 }, { to: TO, dueInMs: 5000, confirmation: true });
    await world.core.db.transaction().execute((tx) =>
      suppress(tx, world.core.secrets, {
        ...owner(),
        ...{ mode: 'test', address: TO, source: 'key', at: new Date(world.clock.now()) },
      }),
    );
    await ends(answer, 'delivered');
    expect(await readText(world.core, id)).toMatchObject({ status: 'failed', reason: 'suppressed', attempts: 0 });
    expect(await eventsOf(world.core, id)).toEqual(['message.failed failed']);
  });

  test('it fails when it waited until it expired', async () => {
    await setPace(world.core, SANDBOX_NUMBER, 0.1);
    const ids = await send({ to: TO }, { to: TO, expiresInMs: 5000 });
    await ends(ids[1]!, 'failed');
    expect((await readText(world.core, ids[1]!)).reason).toBe('expired');
    expect(world.clock.now() - openedAt.getTime()).toBeLessThan(10_000);
  });

  test('marketing waits for the hours in which people may be texted', async () => {
    // 15:00 in London, 7:00 in Los Angeles; the zone of a number without an area is every zone of its country.
    const [early = '', open = ''] = await send(
      { to: '+12135550100', purpose: 'marketing' },
      { to: '+442079460000', purpose: 'marketing' },
    );
    await ends(open, 'delivered');
    expect((await sendingTimes([open]))[0]).toBe(0);
    expect(await readText(world.core, early)).toMatchObject({ status: 'queued', attempts: 0 });
    expect((await readText(world.core, early)).due_at.toISOString()).toBe('2026-03-02T16:00:00.000Z');
  });

  test('what is withdrawn while it waits does not leave', async () => {
    const [id = ''] = await send({ to: TO, dueInMs: 5000 });
    await world.core.db
      .transaction()
      .execute((tx) => endMessage(tx, { id }, { status: 'canceled', reason: 'canceled', at: openedAt }));
    await world.run(10_000);
    expect(await readText(world.core, id)).toMatchObject({ status: 'canceled', attempts: 0 });
  });
});

describe('where the database fails in the middle of a claim', () => {
  const STOPPED = '+12125550111';

  /** Somebody has opted out, and the database takes no end of a text to them. */
  async function stopAndRefuse(): Promise<void> {
    await world.core.db.transaction().execute((tx) =>
      suppress(tx, world.core.secrets, {
        ...{ accountId: world.account.id, mode: 'test', address: STOPPED },
        ...{ source: 'key', at: new Date(world.clock.now()) },
      }),
    );
    await sql`create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'not now'; end $$`.execute(world.core.db);
    await sql`create trigger refuse before update on messages for each row
      when (new.status = 'failed') execute function refuse()`.execute(world.core.db);
  }

  test('what was claimed leaves all the same when others cannot be set aside', async () => {
    await stopAndRefuse();
    const [stopped = '', id = ''] = await send({ to: STOPPED, from: '+15005550199' }, { to: '+12125550100' });
    await ends(id, 'delivered');
    expect(await readText(world.core, stopped)).toMatchObject({ status: 'queued', attempts: 0 });
    await sql`drop trigger refuse on messages`.execute(world.core.db);
    await ends(stopped, 'failed');
  });

  test('a text that cannot be set aside, or not even be looked at, holds up nobody behind it', async () => {
    await stopAndRefuse();
    await setPace(world.core, SANDBOX_NUMBER, 1);
    // A zone that no clock knows.
    await sql`insert into contacts (id, account_id, mode, phone, name, time_zone, created_at, updated_at)
      values ('con_1', ${world.account.id}, 'test', '+12125550102', 'Eve', 'Nowhere/Land', now(), now())`.execute(
      world.core.db,
    );
    const [stopped = '', nowhere = '', id = ''] = await send(
      { to: STOPPED },
      { to: '+12125550102', purpose: 'marketing', priority: 3 },
      { to: '+12125550100' },
    );
    await ends(id, 'delivered');
    for (const held of [stopped, nowhere]) {
      expect(await readText(world.core, held)).toMatchObject({ status: 'queued', attempts: 0 });
    }
    await sql`drop trigger refuse on messages`.execute(world.core.db);
    await ends(stopped, 'failed');
  });

  test('what was claimed and not handed over goes back, and leaves once', async () => {
    await sql`alter table verifications rename to away`.execute(world.core.db);
    const [id = '', other = ''] = await send({ to: '+12125550100', purpose: 'verification' }, { to: '+12125550101' });
    await world.run(2000);
    await sql`alter table away rename to verifications`.execute(world.core.db);
    await ends(id, 'delivered');
    await ends(other, 'delivered');
    expect(await readText(world.core, other)).toMatchObject({ attempts: 1 });
    expect(await eventsOf(world.core, other)).toEqual(['message.sent', 'message.delivered']);
  });
});
