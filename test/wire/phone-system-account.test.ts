import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKey } from '#core/accounts/index.js';
import { creditWallet, setMetering } from '#core/billing/index.js';
import { createUser, type Role } from '#core/people/index.js';
import { FEATURE_NAMES, setAccountPlan, setPlan } from '#core/plans/index.js';
import type { Mode } from '#core/tables.js';
import type { HeldClock } from '../held-clock.js';
import { openWorld, type World } from '../world.js';

/** The account, its plan and what the plan lets it do, at the phone system's door. */
let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const actor = 'test';
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string;

async function keyOf(role: Role, mode: Mode = 'test'): Promise<string> {
  const owner = { accountId: world.account.id, mode, actor };
  const { id } = await createUser(world.core, { ...owner, name: `Some ${role}`, role });
  return (await createKey(world.core, { ...owner, userId: id })).secret;
}

describe('GET /account', () => {
  test('says who it is and what it may', async () => {
    const { id: accountId } = world.account;
    const reply = await world.request('GET', '/api/v2/account');
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({
      data: {
        ...{ id: accountId, name: 'Test account', email: null, timezone: 'UTC', planId: 1, trial: false },
        ...{ isPastDue: false, daysPastDue: 0, outboundDialing: true, createdAt: TIME },
      },
    });
  });

  test('a live key has trunks and a wallet behind it', async () => {
    const live = async () => (await world.request('GET', '/api/v2/account', { key: world.keys.live })).body['data'];
    expect(await live()).toMatchObject({ outboundDialing: false, isPastDue: false, daysPastDue: 0 });

    const { core, account, clock } = world;
    await setMetering(core, { accountId: account.id, metering: 'prepaid', actor });
    await core.db
      .insertInto('wallets')
      .values({ account_id: account.id, owed: 300 })
      .onConflict((conflict) => conflict.column('account_id').doUpdateSet({ owed: 300 }))
      .execute();
    const owing = (day: number, amount: number) => ({
      ...{ id: `led_${day}`, account_id: account.id, kind: 'postpaid' as const, amount, balance_after: 0 },
      created_at: new Date(clock.now() - day * 86_400_000 - 1000),
    });
    for (const entry of [owing(9, 500), owing(5, 200), owing(2, 100)]) {
      await core.db.insertInto('ledger_entries').values(entry).execute();
    }
    // What came in paid for the oldest.
    expect(await live()).toMatchObject({ isPastDue: true, daysPastDue: 5 });

    await creditWallet(core, { accountId: account.id, amount: 300, note: 'paid', actor });
    expect(await live()).toMatchObject({ isPastDue: false, daysPastDue: 0 });
    await setMetering(core, { accountId: account.id, metering: 'off', actor });
  });
});

describe('PATCH /account', () => {
  const patch = (body: object, key = world.keys.live) => world.request('PATCH', '/api/v2/account', { body, key });

  test('changes what is given, and writes down who did', async () => {
    const reply = await patch({ email: 'office@example.com', timezone: 'Europe/Berlin' });
    expect(reply.status).toBe(200);
    const changed = { email: 'office@example.com', timezone: 'Europe/Berlin' };
    expect(reply.body['data']).toMatchObject(changed);
    expect((await patch({ email: null })).body['data']).toMatchObject({ ...changed, email: null });
    const audits = await world.core.db
      .selectFrom('audit_log')
      .select(['action', 'details'])
      .where('action', '=', 'account.update')
      .execute();
    expect(audits).toHaveLength(2);
  });

  test.each([
    [{ email: 'nobody' }, 'email', /not an e-mail address/],
    [{ timezone: 'Mars/Olympus' }, 'timezone', /not a time zone/],
    // Whether another account has a name is nobody's business.
    [{ name: 'Others' }, 'name', /no field "name"/],
    [{ planId: 1 }, 'planId', /no field "planId"/],
  ])('%j is refused by its field', async (body, field, says) => {
    const reply = await patch(body);
    expect(reply.status).toBe(422);
    expect(reply.body).toEqual({
      message: expect.stringMatching(says) as string,
      errors: { [field]: [expect.stringMatching(says) as string] },
    });
  });

  test('is not for test keys: the account is the same for both', async () => {
    const reply = await patch({ email: null }, world.keys.test);
    expect(reply.status).toBe(403);
    expect(reply.body).toEqual({ message: 'A test key changes nothing of the account itself: use a live key.' });
  });

  test('is for owners', async () => {
    expect((await patch({ timezone: 'Europe/Rome' }, await keyOf('owner', 'live'))).status).toBe(200);
    for (const role of ['admin', 'member'] as const) {
      const key = await keyOf(role, 'live');
      const reply = await patch({ name: 'By another', nonsense: 1 }, key);
      expect(reply.status).toBe(403);
      expect(reply.body).toEqual({ message: 'This is for owners of the account.' });
      expect((await world.request('GET', '/api/v2/account', { key })).status).toBe(200);
    }
  });
});

describe('plans', () => {
  const features = async (key = world.keys.test) => {
    const { body } = await world.request('GET', '/api/v2/accounts/permitted-features?pageSize=100', { key });
    return body as { data: Record<string, unknown>[]; pagination: Record<string, unknown> };
  };

  test('an account without one has everything', async () => {
    expect((await world.request('GET', '/api/v2/accounts/plan')).body).toEqual({
      data: {
        ...{ id: 1, planId: 1, planName: 'self_hosted', displayName: 'Self-hosted', monthlyPrice: 0 },
        ...{ currency: 'USD', includedUsers: 2147483647, isCurrent: true },
      },
    });
    const { data, pagination } = await features();
    expect(data.map(({ name }) => name)).toEqual(FEATURE_NAMES);
    expect(data.every(({ allowed, included }) => allowed === true && included === 2147483647)).toBe(true);
    expect(pagination).toMatchObject({ total: FEATURE_NAMES.length, currentPage: 1 });
    const second = await world.request('GET', '/api/v2/accounts/permitted-features?page=2&pageSize=5');
    expect((second.body['data'] as { id: number }[]).map(({ id }) => id)).toEqual([6, 7, 8, 9, 10]);
  });

  test('one that lacks a feature is 402, after who may ask at all', async () => {
    const { core, account } = world;
    const none = { name: 'small', displayName: 'Small', monthlyPrice: 1950, includedUsers: 3, actor };
    await setPlan(core, { ...none, features: { virtual_numbers: 1, menus: null } });
    await setAccountPlan(core, { accountId: account.id, plan: 'small', actor });
    expect((await world.request('GET', '/api/v2/accounts/plan')).body['data']).toMatchObject({
      ...{ id: 2, planName: 'small', monthlyPrice: 19.5, includedUsers: 3 },
    });
    expect((await world.request('GET', '/api/v2/account')).body['data']).toMatchObject({
      ...{ planId: 2, outboundDialing: false },
    });

    const { data } = await features();
    const named = (wanted: string) => data.find(({ name }) => name === wanted);
    expect(named('virtual_numbers')).toMatchObject({ allowed: true, included: 1, used: 1 });
    expect(named('menus')).toMatchObject({ allowed: true, included: 2147483647, used: 0 });
    expect(named('blocked_numbers')).toMatchObject({ allowed: false, included: 0, used: 0 });

    const refused = await world.request('GET', '/api/v2/blocked-numbers');
    expect(refused.status).toBe(402);
    expect(refused.body).toEqual({ message: 'The plan of the account does not include Blocked numbers.' });
    expect((await world.request('GET', '/api/v2/blocked-numbers', { key: await keyOf('member') })).status).toBe(403);

    await setPlan(core, { name: 'small', features: { bulk_texting: 500 }, actor });
    // Whoever sends can read what was sent.
    expect((await world.request('GET', '/api/v2/text-conversations')).status).toBe(200);
    expect(
      (await features()).data.filter(({ allowed }) => allowed).map(({ name, included }) => [name, included]),
    ).toEqual([
      ['texting', 2147483647],
      ['bulk_texting', 500],
    ]);

    await setPlan(core, { name: 'small', features: { blocked_numbers: null }, actor });
    const block = { number: '+12125550166' };
    expect((await world.request('POST', '/api/v2/blocked-numbers', { body: block })).status).toBe(201);
    expect((await features()).data.find(({ name }) => name === 'blocked_numbers')).toMatchObject({ used: 1 });
    await setAccountPlan(core, { accountId: account.id, plan: 'self_hosted', actor });
    (world.clock as HeldClock).advance(60_000);
  });
});
