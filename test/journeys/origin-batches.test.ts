import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';

let world: World;
let shop: Shop;

beforeAll(async () => {
  world = await openWorld();
  shop = await openShop(world);
});
afterAll(() => world.close());

interface Found {
  batch: { status: string; total: number; succeeded: number; failed: number };
  errors: { row: number; field: string | null; error_message: string }[];
  total: number;
}

async function send(kind: string, data: unknown[], more: object = {}): Promise<string> {
  const { status, body } = await shop.ask('POST', `/origins/batch/${kind}`, { data, ...more });
  expect({ status, body }).toEqual({
    status: 200,
    body: { ok: true, result: { batch_id: expect.stringMatching(/^obt_/) as string } },
  });
  return (body.result as { batch_id: string }).batch_id;
}

async function found(id: string, query = ''): Promise<Found> {
  const { status, body } = await shop.ask('GET', `/origins/batches/${id}${query}`);
  expect(status).toBe(200);
  return body.result as Found;
}

describe('a batch', () => {
  test('of purchases is accepted at once, made, and told of row by row', async () => {
    const order = (n: number, more: object = {}) => ({
      ...{ email: `buyer${n % 3}@example.com`, order_number: `B-${n}`, subtotal: 10.5, ...more },
    });
    const id = await send('purchases', [
      order(0),
      order(1),
      order(2, { email: 'none' }),
      order(0),
      order(0, { subtotal: 11 }),
      { ...order(5), foo: 1 },
      { email: 'x@example.com', subtotal: 1 },
      order(7, { ip_address: '1.2' }),
      order(8, { created_at: '2026-01-01T00:00:00Z' }),
    ]);
    await world.settle();
    expect(await found(id)).toEqual({
      batch: {
        ...{ batch_id: id, type: 'Purchase', status: 'completed', create_offers: true, total: 9 },
        ...{ succeeded: 4, failed: 5 },
        created_at: expect.stringMatching(/-0[45]:00$/) as string,
        completed_at: expect.stringMatching(/-0[45]:00$/) as string,
      },
      errors: [
        { row: 2, field: 'email', error_message: "Email isn't valid" },
        {
          ...{ row: 4, field: 'order_number' },
          error_message:
            'Duplicate entity: Talkable already has existing Purchase with the same order_number but different data',
        },
        { row: 5, field: 'foo', error_message: 'found unpermitted parameter: :foo' },
        { row: 6, field: 'order_number', error_message: '`order_number` is required' },
        { row: 7, field: 'ip_address', error_message: "Ip address isn't valid" },
      ],
      total: 5,
    });
    const rows = await world.core.db
      .selectFrom('origins')
      .select(['number', 'subtotal', 'happened_at'])
      .where('number', 'like', 'B-%')
      .orderBy('number')
      .execute();
    expect(rows.map(({ number, subtotal }) => [number, subtotal])).toEqual([
      ['B-0', 1050],
      ['B-1', 1050],
      ['B-8', 1050],
    ]);
    expect(rows[2]?.happened_at).toEqual(new Date('2026-01-01T00:00:00Z'));
    const kept = await world.core.db
      .selectFrom('origin_batch_rows')
      .select('row')
      .where('data', 'is not', null)
      .execute();
    expect(kept).toEqual([]);
  });

  test('of affiliate members makes offers, unless it is told not to', async () => {
    const offers = async (email: string) =>
      world.core.db
        .selectFrom('offers')
        .innerJoin('site_people', 'site_people.id', 'offers.person_id')
        .select('offers.id')
        .where('email', '=', email)
        .execute();
    await send('affiliate_members', [{ email: 'ann@example.com' }]);
    await send('affiliate_members', [{ email: 'bob@example.com' }], { create_offers: false, site_slug: 'shop' });
    await world.settle();
    expect([(await offers('ann@example.com')).length, (await offers('bob@example.com')).length]).toEqual([1, 0]);
    expect((await shop.ask('GET', '/people/bob@example.com')).status).toBe(200);
  });

  test('of events is made; its errors are read in pages', async () => {
    const row = (n: number) => ({
      email: n % 2 === 0 ? 'eve@example.com' : '',
      event_category: 'c',
      event_number: `${n}`,
      subtotal: 0,
    });
    const id = await send(
      'events',
      Array.from({ length: 500 }, (_, n) => row(n)),
    );
    await world.settle();
    const first = await found(id, '?per_page=2');
    expect(first).toMatchObject({
      batch: { status: 'completed', total: 500, succeeded: 250, failed: 250 },
      total: 250,
    });
    expect(first.errors.map((error) => error.row)).toEqual([1, 3]);
    expect((await found(id, '?per_page=2&page=2')).errors.map((error) => error.row)).toEqual([5, 7]);
    expect((await found(id, '?per_page=100&page=3')).errors.length).toBe(50);
    expect((await found(id, '?page=99')).errors).toEqual([]);
  });

  test('in which nothing can be read has ended at once', async () => {
    const id = await send('purchases', [{}]);
    expect(await found(id)).toMatchObject({ batch: { status: 'completed', total: 1, succeeded: 0, failed: 1 } });
  });

  test('is of one site and mode', async () => {
    const id = await send('affiliate_members', [{ email: 'cat@example.com' }]);
    const other = await openShop(world, { slug: 'other' });
    for (const reply of [
      await other.ask('GET', `/origins/batches/${id}`),
      await shop.ask('GET', `/origins/batches/${id}`, undefined, 'live'),
      await shop.ask('GET', '/origins/batches/obt_none'),
    ]) {
      expect(reply).toMatchObject({ status: 404, body: { ok: false, error_message: 'No batch found by id.' } });
    }
    expect((await shop.ask('GET', `/origins/batches/${id}?per_page=101`)).status).toBe(400);
    await world.settle();
  });

  test.each<[string, unknown, RegExp]>([
    ['no rows', { data: [] }, /data/],
    ['too many rows', { data: Array.from({ length: 10_001 }, () => ({})) }, /data/],
    ['no list', { data: { email: 'a@example.com' } }, /data/],
    ['a row that is none', { data: ['a@example.com'] }, /data/],
    ['nothing', {}, /`data` is required/],
    ['a field that is none', { data: [{}], foo: 1 }, /found unpermitted parameter: :foo/],
    ['a word for a choice', { data: [{}], create_offers: 'no' }, /create_offers/],
  ])('with %s is refused', async (_what, body, message) => {
    const reply = await shop.ask('POST', '/origins/batch/purchases', body);
    expect(reply).toMatchObject({
      status: 400,
      body: { ok: false, error_message: expect.stringMatching(message) as string },
    });
  });

  test('sent again with its Idempotency-Key is the same', async () => {
    const post = () =>
      world.request('POST', '/referrals/api/v2/origins/batch/affiliate_members', {
        key: shop.keys.test,
        body: { data: [{ email: 'dee@example.com' }] },
        headers: { 'idempotency-key': 'once' },
      });
    const [first, second] = [await post(), await post()];
    expect(second.body).toEqual(first.body);
    await world.settle();
    const { result } = first.body as { result: { batch_id: string } };
    expect(await found(result.batch_id)).toMatchObject({ batch: { status: 'completed', succeeded: 1 } });
  });
});
