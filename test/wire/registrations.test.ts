import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAccount, setOutreachPolicy } from '#core/accounts/index.js';
import { addNumber } from '#core/numbers/index.js';
import {
  addRegistration,
  assignNumbers,
  CAPS,
  listRegistrations,
  removeRegistration,
  sendingCapsOf,
  updateRegistration,
} from '#core/registrations/index.js';
import { openWorld, type World } from '../world.js';

const SENDER = '+12125550190';
const BESIDE = '+12125550191';
const actor = 'test';
let world: World;
let of: { accountId: string; mode: 'test' };
let brand: string;
let campaign: string;
beforeAll(async () => {
  world = await openWorld();
  of = { accountId: world.account.id, mode: 'test' };
  for (const number of [SENDER, BESIDE]) await addNumber(world.core, { ...of, number, actor });
  // The pace of the sender is not what is looked at here.
  await world.core.db.updateTable('numbers').set({ segments_per_second: 100 }).execute();
  brand = (await addRegistration(world.core, { ...of, name: 'Acme', state: 'active', actor })).id;
  campaign = (await addRegistration(world.core, { ...of, name: 'News', brandId: brand, type: 'low_volume', actor })).id;
});
afterAll(() => world.close());

const send = (from: string, to: string) =>
  world.request('POST', '/api/v1/sms', { body: { from, to, message: 'Hello.' } });
const at = (): Date => new Date(world.clock.now());
const refused = (code: string, field?: string) =>
  expect.objectContaining({ code, ...(field === undefined ? {} : { field }) }) as Error;

describe('a text from a US long code', () => {
  test('is warned of while nobody registered the number, or refused where the account says so', async () => {
    const warned = await send(SENDER, '+12125550101');
    expect([warned.status, warned.body]).toMatchObject([201, { warnings: [expect.stringContaining('registration')] }]);
    await setOutreachPolicy(world.core, { accountId: of.accountId, name: 'unregistered', value: 'refuse', actor });
    const reply = await send(SENDER, '+12125550101');
    expect([reply.status, reply.body]).toMatchObject([
      403,
      { error: { code: 'sender_not_registered', field: 'from' } },
    ]);
    await assignNumbers(world.core, { ...of, id: campaign, numbers: [SENDER], actor });
    // A draft is not a registration yet.
    expect((await send(SENDER, '+12125550101')).status).toBe(403);
    await updateRegistration(world.core, { ...of, id: campaign, state: 'active', actor });
    const sent = await send(SENDER, '+12125550101');
    expect(sent.status).toBe(201);
    expect(sent.body).not.toHaveProperty('warnings');
    expect((await send(BESIDE, '+12125550101')).status).toBe(403);
    await setOutreachPolicy(world.core, { accountId: of.accountId, name: 'unregistered', value: null, actor });
  });
});

describe('the caps of a registration', () => {
  test('are those of its type, unless it has its own', async () => {
    const capsOf = async (sender: string) => (await sendingCapsOf(world.core.db, [{ ...of, sender }], at()))[0];
    const caps = () => capsOf(SENDER);
    expect(await caps()).toMatchObject([
      { scope: `registration ${campaign} minute`, most: CAPS.low_volume.segmentsPerMinute },
      { scope: `registration ${brand} day`, most: CAPS.low_volume.segmentsPerDay },
    ]);
    await updateRegistration(world.core, { ...of, id: campaign, segmentsPerMinute: 2, segmentsPerDay: 1000, actor });
    expect(await caps()).toMatchObject([{ most: 2 }, { most: 1000 }]);
    expect(await capsOf(BESIDE)).toEqual([]);
  });

  test('hold texts back until the next minute, and no others', async () => {
    await world.run(60_000);
    const ids: string[] = [];
    for (const to of ['+12125550111', '+12125550112', '+12125550113', '+12125550114', '+12125550115']) {
      ids.push(String((await send(SENDER, to)).body['sms_id']));
    }
    const beside = String((await send(BESIDE, '+12125550116')).body['sms_id']);
    const left = async () =>
      (
        await world.core.db
          .selectFrom('messages')
          .select('id')
          .where('id', 'in', [...ids, beside])
          .where('status', '<>', 'queued')
          .execute()
      ).length;
    await world.run(10_000);
    expect(await left()).toBe(3);
    await world.run(60_000);
    expect(await left()).toBe(5);
    await world.run(60_000);
    expect(await left()).toBe(6);
  });

  test('count what people write in conversations with what every other API sends', async () => {
    await world.run(60_000);
    const written = async (to: string): Promise<string> => {
      const path = `/api/v2/text-conversations/${SENDER.slice(1)}-${to.slice(1)}`;
      const { status, body } = await world.request('POST', path, { body: { body: 'Hello.' } });
      expect(status, JSON.stringify(body)).toBe(201);
      expect(body).not.toHaveProperty('warnings');
      return (body['data'] as { id: string }).id;
    };
    const first = [await written('+12125550121'), String((await send(SENDER, '+12125550122')).body['sms_id'])];
    // These are sent by now; else the next, which somebody typed, would go before what a program sent.
    await world.run(1_000);
    const later = [await written('+12125550123'), await written('+12125550124')];
    const waiting = async () => {
      const ids = [...first, ...later];
      const query = world.core.db.selectFrom('messages').select('id').where('id', 'in', ids);
      return (await query.where('status', '=', 'queued').orderBy('id').execute()).map(({ id }) => id);
    };
    await world.run(10_000);
    expect(await waiting()).toEqual([...later].sort());
    await world.run(60_000);
    expect(await waiting()).toEqual([]);
  });
});

test('are shown over the API, each account and mode its own', async () => {
  const shown = await world.request('GET', '/api/v1/registrations');
  expect(shown.body['registrations']).toMatchObject([
    { registration_id: brand, kind: 'brand', name: 'Acme', state: 'active', type: null, segments_per_day: null },
    { registration_id: campaign, brand_id: brand, type: 'low_volume', segments_per_minute: 2, numbers: [SENDER] },
  ]);
  expect((await world.request('GET', '/api/v1/registrations', { key: world.keys.live })).body).toEqual({
    registrations: [],
  });
  const other = await createAccount(world.core, { name: 'Other', actor });
  const theirs = { accountId: other.id, mode: 'test' as const, id: campaign, actor };
  await expect(updateRegistration(world.core, { ...theirs, name: 'x' })).rejects.toEqual(
    refused('registration.not_found'),
  );
  await expect(removeRegistration(world.core, theirs)).rejects.toEqual(refused('registration.not_found'));
  expect(await listRegistrations(world.core, theirs)).toEqual([]);
});

test('what is wrong is named', async () => {
  const add = (more: object) => addRegistration(world.core, { ...of, name: 'x', actor, ...more });
  const wrong: [() => Promise<unknown>, string][] = [
    [() => add({ name: ' ' }), 'name'],
    [() => add({ state: 'done' }), 'state'],
    [() => add({ brandId: brand }), 'type'],
    [() => add({ brandId: brand, type: 'huge' }), 'type'],
    [() => add({ brandId: campaign, type: 'toll_free' }), 'brandId'],
    [() => add({ segmentsPerDay: 5 }), 'segmentsPerMinute'],
    [() => add({ brandId: brand, type: 'toll_free', segmentsPerDay: 0 }), 'segmentsPerDay'],
    [() => assignNumbers(world.core, { ...of, id: campaign, numbers: ['+12125550999'], actor }), 'numbers'],
    [() => assignNumbers(world.core, { ...of, id: campaign, numbers: [], actor }), 'numbers'],
    [() => assignNumbers(world.core, { ...of, id: brand, numbers: [SENDER], actor }), 'id'],
  ];
  for (const [doing, field] of wrong) await expect(doing()).rejects.toEqual(refused('registration.bad_input', field));
  await expect(removeRegistration(world.core, { ...of, id: brand, actor })).rejects.toEqual(
    refused('registration.in_use'),
  );
  await removeRegistration(world.core, { ...of, id: campaign, actor });
  await removeRegistration(world.core, { ...of, id: brand, actor });
  expect(await listRegistrations(world.core, of)).toEqual([]);
  const acts = await world.core.db.selectFrom('audit_log').select('action').where('subject', '=', campaign).execute();
  expect(acts.map(({ action }) => action)).toEqual([
    'registration.add',
    'registration.assign',
    'registration.update',
    'registration.update',
    'registration.remove',
  ]);
});
