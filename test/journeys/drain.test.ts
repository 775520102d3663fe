import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import type { KillPoint } from '#core/core.js';
import { eventually } from '../eventually.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

/** A stop that comes between the claim of a call and its dialling. */
let world: World;
afterEach(() => world.close());

async function place(): Promise<string> {
  const body = { to: '+12125550100', from: SANDBOX_NUMBER, message: 'Hello.' };
  const reply = await world.request('POST', '/api/v1/calls', { body });
  expect(reply.status).toBe(201);
  return String(reply.body['call_id']);
}

async function rowOf(id: string) {
  const columns = ['status', 'node_id', 'attempts'] as const;
  return world.core.db.selectFrom('calls').select(columns).where('id', '=', id).executeTakeFirstOrThrow();
}

test('a call that was claimed when the server began to stop is given back undialled', async () => {
  let drained: Promise<void> | undefined;
  const drainWhenClaimed = (point: KillPoint): void => {
    if (point === 'call.claimed') drained = world.platform.conductor.drain(60_000);
  };
  world = await openWorld({ killPoint: drainWhenClaimed });
  const id = await place();
  await eventually(() => expect(drained).toBeDefined());
  await drained;
  expect(await rowOf(id)).toEqual({ status: 'queued', node_id: null, attempts: 0 });
});

test('so is one whose claim is still under way', async () => {
  world = await openWorld();
  const { db } = world.core;
  const inTheWay = await db.startTransaction().execute();
  // Claims follow one another under this lock.
  await sql`select pg_advisory_xact_lock(${0x51de}, -1)`.execute(inTheWay);
  const id = await place();
  await eventually(async () => {
    const { rows } = await sql`
      select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
    expect(rows).toHaveLength(1);
  });
  let over = false;
  const drained = world.platform.conductor.drain(60_000).then(() => (over = true));
  await rowOf(id);
  expect(over).toBe(false);
  await inTheWay.rollback().execute();
  await drained;
  expect(await rowOf(id)).toEqual({ status: 'queued', node_id: null, attempts: 0 });
});
