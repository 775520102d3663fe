import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DialCapacity } from '#core/calls/dial-capacity.js';
import { openBusiness, type Business } from '#test/business.js';

let business: Business;
let ours: string;

beforeEach(async () => {
  business = await openBusiness();
  ours = await business.account('ours');
});
afterEach(() => business.close());

const at = (afterMs = 0): Date => new Date(business.clock.now() + afterMs);

async function limits(accountId: string, set: Record<string, number>): Promise<void> {
  await business.db
    .updateTable('accounts')
    .set({ limits: JSON.stringify(set) })
    .where('id', '=', accountId)
    .execute();
}

async function trunk(id: string, owner: string | null, channels: number, perSecond: number): Promise<void> {
  const row = { id, account_id: owner, name: id, uri: 'sip:127.0.0.1', username: null, password_encrypted: null };
  business.clock.advance(1);
  await business.db
    .insertInto('trunks')
    .values({ ...row, channels, calls_per_second: perSecond, next_dial_at: null, created_at: at() })
    .execute();
}

async function call(id: string, more: { node: number | null; trunk?: string; mode?: 'live' | 'test' }): Promise<void> {
  await business.db
    .insertInto('calls')
    .values({
      id,
      account_id: ours,
      mode: more.mode ?? 'live',
      purpose: 'transactional',
      priority: 3,
      status: more.node === null ? 'queued' : 'answered',
      to_number: '+12125550100',
      from_number: '+15005550100',
      script: JSON.stringify({ voice: { asked: 'a', used: 'a', degraded: false }, keys: {} }),
      dialect: 'outreach',
      ring_timeout_seconds: 30,
      max_duration_seconds: 3600,
      record: false,
      created_at: at(),
      due_at: at(),
      trunk_id: more.trunk ?? null,
      node_id: more.node,
    })
    .execute();
}

/** How many calls can be taken, one after the other, at a moment; what was taken is written down. */
async function takeAll(
  options: { account?: string; mode?: 'live' | 'test'; trunk?: string; afterMs?: number } = {},
): Promise<number> {
  const { account = ours, mode = 'live', afterMs = 0 } = options;
  return business.db.transaction().execute(async (tx) => {
    const capacity = await DialCapacity.read(tx, at(afterMs));
    let taken = 0;
    while (taken < 1000 && capacity.take(account, mode, options.trunk)) taken += 1;
    await capacity.writePace(tx);
    return taken;
  });
}

describe('an account', () => {
  test('takes as many calls at once as it may, less those that hold a lease, each mode by itself', async () => {
    await limits(ours, { concurrent_calls: 5, calls_per_second: 10_000 });
    await call('cal_1', { node: 7 });
    await call('cal_2', { node: 8 });
    await call('cal_3', { node: null });
    await call('cal_4', { node: 7, mode: 'test' });
    expect(await takeAll()).toBe(3);
    expect(await takeAll({ mode: 'test' })).toBe(4);
  });

  test('lets calls leave evenly, also after a restart', async () => {
    await limits(ours, { concurrent_calls: 1000, calls_per_second: 2 });
    expect(await takeAll()).toBe(1);
    expect(await takeAll()).toBe(0);
    expect(await takeAll({ afterMs: 480 })).toBe(0);
    expect(await takeAll({ afterMs: 500 })).toBe(1);
    // Time that nobody used is not saved up.
    expect(await takeAll({ afterMs: 60_000 })).toBe(1);
  });

  test('that may place none a second places none, and harms nobody', async () => {
    await limits(ours, { calls_per_second: 0 });
    const theirs = await business.account('theirs');
    expect(await takeAll()).toBe(0);
    expect(await takeAll({ account: theirs })).toBeGreaterThan(0);
  });

  test('that is unknown takes none', async () => {
    expect(await takeAll({ account: 'acc_none' })).toBe(0);
  });
});

describe('a trunk', () => {
  beforeEach(() => limits(ours, { concurrent_calls: 1000, calls_per_second: 10_000 }));

  test('that asks to be left alone while calls are claimed is left alone', async () => {
    await trunk('trk_busy', null, 4, 1);
    await business.db.transaction().execute(async (tx) => {
      const capacity = await DialCapacity.read(tx, at());
      expect(capacity.take(ours, 'live', 'trk_busy')).toBe(true);
      await tx
        .updateTable('trunks')
        .set({ next_dial_at: at(60_000) })
        .execute();
      await capacity.writePace(tx);
    });
    expect(await takeAll({ trunk: 'trk_busy', afterMs: 59_000 })).toBe(0);
    expect(await takeAll({ trunk: 'trk_busy', afterMs: 60_000 })).toBe(1);
  });

  test('takes as many calls as it has channels, whosever they are', async () => {
    const theirs = await business.account('theirs');
    await limits(theirs, { concurrent_calls: 1000, calls_per_second: 10_000 });
    await trunk('trk_shared', null, 4, 1000);
    await call('cal_1', { node: 7, trunk: 'trk_shared' });
    // A lease elsewhere is none here.
    await call('cal_2', { node: 7 });
    await business.db.transaction().execute(async (tx) => {
      const capacity = await DialCapacity.read(tx, at(1000));
      const order = [ours, theirs, ours, theirs].map((account) => capacity.take(account, 'live', 'trk_shared'));
      expect(order).toEqual([true, true, true, false]);
      expect(capacity.waysByPrefix).toMatchObject([{ prefix: '', open: false }]);
      expect(capacity.waitingAccounts('other')).toEqual([]);
      // What needs no trunk still goes.
      expect(capacity.take(ours, 'live', undefined)).toBe(true);
    });
  });

  test('has a pace of its own, and says when it is open again', async () => {
    await trunk('trk_slow', null, 10, 1);
    expect(await takeAll({ trunk: 'trk_slow' })).toBe(1);
    await business.db.transaction().execute(async (tx) => {
      const capacity = await DialCapacity.read(tx, at(400));
      expect(capacity.waysByPrefix).toMatchObject([{ prefix: '', open: false }]);
      expect(capacity.nextPaceMs).toBe(600);
    });
    expect(await takeAll({ trunk: 'trk_slow', afterMs: 1000 })).toBe(1);
  });

  test('that is full is no reason to look again soon', async () => {
    await trunk('trk_full', null, 1, 1000);
    await call('cal_1', { node: 7, trunk: 'trk_full' });
    await business.db.transaction().execute(async (tx) => {
      const capacity = await DialCapacity.read(tx, at());
      expect(capacity.waysByPrefix).toMatchObject([{ prefix: '', open: false }]);
      expect(capacity.nextPaceMs).toBe(Infinity);
    });
  });

  test('keeps a part of its channels from campaigns, but never its only one', async () => {
    const left = async (id: string, channels: number, settings = {}): Promise<number> => {
      await trunk(id, null, channels, 1000);
      await business.db
        .updateTable('trunks')
        .set({ settings: JSON.stringify(settings) })
        .where('id', '=', id)
        .execute();
      return business.db.transaction().execute(async (tx) => {
        const capacity = await DialCapacity.read(tx, at(60_000));
        let taken = 0;
        // A thousand a second: within the grain of the clock.
        while (taken < 8 && capacity.take(ours, 'live', id, 'campaign')) taken += 1;
        expect(capacity.waysByPrefix.find((way) => way.trunk === id)).toMatchObject({ openToCampaigns: taken === 8 });
        return channels - taken;
      });
    };
    expect(await left('trk_1', 1)).toBe(0);
    expect(await left('trk_2', 2)).toBe(1);
    expect(await left('trk_6', 6)).toBe(2);
    expect(await left('trk_8', 8, { campaignReserve: 50 })).toBe(4);
    expect(await left('trk_all', 4, { campaignReserve: 0 })).toBe(0);
    expect(await left('trk_most', 2, { campaignReserve: 90 })).toBe(1);
  });

  test('that is unknown takes none', async () => {
    expect(await takeAll({ trunk: 'trk_none' })).toBe(0);
  });

  test('is a way for its owner or for all, and the one with more room comes first', async () => {
    await trunk('trk_owned', ours, 1, 1);
    await trunk('trk_small', null, 1, 1);
    await trunk('trk_big', null, 9, 1);
    const capacity = await business.db.transaction().execute((tx) => DialCapacity.read(tx, at()));
    const way = { number: '+12125550100', tried: [] };
    expect(capacity.waysFor({ accountId: ours, ...way })).toEqual(['trk_owned', 'trk_big', 'trk_small']);
    expect(capacity.waysFor({ accountId: 'acc_other', ...way })).toEqual(['trk_big', 'trk_small']);
  });
});
