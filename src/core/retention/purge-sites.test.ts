import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { purgeOriginBatches, purgeSiteHours, purgeVisitors } from '#core/retention/purge-sites.js';
import { createSite } from '#core/sites/index.js';
import { openBusiness, type Business } from '#test/business.js';

let core: Business;
let site_id: string;
beforeAll(async () => {
  core = await openBusiness();
  const settings = { publicUrl: 'http://127.0.0.1:8080', loopbackOnly: true };
  const accountId = await core.account('shop');
  site_id = (await createSite({ ...core, settings }, { accountId, slug: 'shop', actor: 'test' })).site.live.id;
});
afterAll(() => core.close());

const old = new Date('2024-01-01T00:00:00Z');
const before = new Date('2025-01-01T00:00:00Z');
const young = new Date('2026-01-01T00:00:00Z');

test('browsers that are nobody’s go past their time, those of somebody and young ones stay', async () => {
  const person = await core.db
    .insertInto('site_people')
    .values({ site_id, email: 'ann@example.com', created_at: old, updated_at: old })
    .returning('id')
    .executeTakeFirstOrThrow();
  const browser = (created_at: Date, person_id: number | null = null) => ({
    ...{ site_id, uuid: randomUUID(), created_at, person_id },
  });
  const [hers, seen] = [browser(old, person.id), browser(young)];
  await core.db
    .insertInto('visitors')
    .values([hers, seen, ...Array.from({ length: 1001 }, () => browser(old))])
    .execute();
  expect(await purgeVisitors(core.db, before)).toBe(1001);
  const left = await core.db.selectFrom('visitors').select('uuid').execute();
  expect(new Set(left.map(({ uuid }) => uuid))).toEqual(new Set([hers.uuid, seen.uuid]));
});

test('batches that ended long ago go with their rows, open ones stay; so do young hours', async () => {
  const batch = (id: string, ended_at: Date | null) => ({
    ...{ id, site_id, kind: 'purchase' as const, create_offers: true, total: 1, created_at: old, ended_at },
  });
  const ended = Array.from({ length: 11 }, (_, index) => batch(`obt_${index}`, old));
  await core.db
    .insertInto('origin_batches')
    .values([...ended, batch('obt_open', null), batch('obt_young', young)])
    .execute();
  await core.db.insertInto('origin_batch_rows').values({ batch_id: 'obt_0', row: 0 }).execute();
  expect(await purgeOriginBatches(core.db, before)).toBe(11);
  const left = await core.db.selectFrom('origin_batches').select('id').orderBy('id').execute();
  expect(left).toEqual([{ id: 'obt_open' }, { id: 'obt_young' }]);
  expect(await core.db.selectFrom('origin_batch_rows').select('row').execute()).toEqual([]);
  const hours = [old, young].map((hour) => ({ site_id, hour, used_ms: 1, requests: 1, throttled: 0 }));
  await core.db.insertInto('site_hours').values(hours).execute();
  expect(await purgeSiteHours(core.db, before)).toBe(1);
});
