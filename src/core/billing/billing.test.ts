import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  checkLedger,
  costOf,
  creditWallet,
  findWallet,
  holdFunds,
  listEntries,
  releaseAbandoned,
  releaseFunds,
  setCurrency,
  setMetering,
  setPrice,
  settleFunds,
  spentSince,
  listPrices,
} from '#core/billing/index.js';
import { openBusiness, type Business } from '#test/business.js';

let core: Business;
let accountId: string;

beforeEach(async () => {
  core = await openBusiness();
  accountId = await core.account('acme');
});
afterEach(async () => {
  expect(await checkLedger(core)).toEqual([]);
  await core.close();
});

const now = (): Date => new Date(core.clock.now());
const price = (amount: string | null, of?: string) =>
  setPrice(core, { accountId: of, unit: 'voice_otp_call', amount, actor: 'test' });
const credit = (amount: number) => creditWallet(core, { accountId, amount, note: 'paid', actor: 'test' });
const prepaid = () => setMetering(core, { accountId, metering: 'prepaid', actor: 'test' });
const money = async () => {
  const { balance, held, owed } = await findWallet(core, accountId);
  return { balance, held, owed };
};
const use = (reference: string, mode: 'live' | 'test' = 'live') => ({
  ...{ accountId, mode, reference, unit: 'voice_otp_call' as const, quantity: 1 },
  at: now(),
});
const hold = (reference: string, part = 0) =>
  core.db.transaction().execute((tx) => holdFunds(tx, { ...use(reference), part }));
const settle = (reference: string, quantity = 1) =>
  core.db.transaction().execute((tx) => settleFunds(tx, { ...use(reference), quantity }));
const release = (reference: string) => core.db.transaction().execute((tx) => releaseFunds(tx, use(reference)));
const entries = async () =>
  (await listEntries(core, { accountId, limit: 100 }))
    .map(({ kind, amount, reference }) => `${kind} ${amount}${reference === undefined ? '' : ` ${reference}`}`)
    .reverse();

describe('a cost', () => {
  test.each<[string, number, number]>([
    ['0', 100, 0],
    ['3', 2, 6],
    ['0.85', 1, 1],
    ['0.85', 100, 85],
    ['0.8501', 100, 86],
    ['0.0001', 0.0001, 1],
    ['1.1', 3, 4],
    ['999999999999.9999', 1, 1_000_000_000_000],
  ])('of %s each is for %d of them %d: rounded up once', (each, quantity, cost) => {
    expect(costOf(each, quantity)).toBe(cost);
  });
});

describe('money that is there', () => {
  beforeEach(async () => {
    await price('5');
    await credit(12);
    await prepaid();
  });

  test('is held, then charged or given back, once', async () => {
    expect(await hold('a')).toBe('held');
    expect(await hold('a')).toBe('held');
    expect(await money()).toEqual({ balance: 7, held: 5, owed: 0 });
    expect(await hold('b')).toBe('held');
    expect(await hold('c')).toBe('insufficient_funds');
    await settle('a');
    await settle('a');
    await release('a');
    await release('b');
    await release('b');
    expect(await money()).toEqual({ balance: 7, held: 0, owed: 0 });
    expect(await entries()).toEqual([
      'credit 12',
      'hold -5 a',
      'hold -5 b',
      'release 5 a',
      'charge -5 a',
      'release 5 b',
    ]);
  });

  test('held in parts is charged for what was used of them', async () => {
    expect(await hold('a')).toBe('held');
    expect(await hold('a', 1)).toBe('held');
    expect(await hold('a', 2)).toBe('insufficient_funds');
    await settle('a', 1.5);
    expect(await money()).toEqual({ balance: 4, held: 0, owed: 0 });
  });

  test('is charged at the price that held it', async () => {
    await hold('a');
    await price('500');
    expect(await hold('a', 1)).toBe('held');
    await settle('a', 2);
    expect(await money()).toEqual({ balance: 2, held: 0, owed: 0 });
  });

  test('is never spent twice by those who come together', async () => {
    const results = await Promise.all(Array.from({ length: 20 }, (_, index) => hold(`use ${index}`)));
    expect(results.filter((result) => result === 'held')).toHaveLength(2);
    expect(await money()).toEqual({ balance: 2, held: 10, owed: 0 });
  });

  test('costs nothing in the sandbox', async () => {
    await core.db.transaction().execute(async (tx) => {
      expect(await holdFunds(tx, use('a', 'test'))).toBe('held');
      await settleFunds(tx, use('a', 'test'));
    });
    expect(await entries()).toEqual(['credit 12']);
  });

  test('is counted as spent while it is held and when it was charged', async () => {
    const before = now();
    await hold('a');
    await hold('b');
    await settle('b');
    const spent = (since: Date) => spentSince(core.db, { accountId, since });
    expect(await spent(before)).toBe(10);
    await release('a');
    expect(await spent(before)).toBe(5);
    expect(await spentSince(core.db, { accountId, since: before, unit: 'stt_minute' })).toBe(0);
    core.clock.advance(1);
    expect(await spent(now())).toBe(0);
  });
});

describe('money that is not there', () => {
  test('is owed by an account that pays later, and paid back before anything else', async () => {
    await price('5');
    await credit(3);
    expect(await hold('a')).toBe('held');
    expect(await money()).toEqual({ balance: 0, held: 5, owed: 2 });
    await release('a');
    expect(await money()).toEqual({ balance: 3, held: 0, owed: 0 });
    await hold('b');
    await settle('b');
    expect(await money()).toEqual({ balance: 0, held: 0, owed: 2 });
    expect(await credit(10)).toMatchObject({ balance: 8, owed: 0 });
  });

  test('is owed too for what was used beyond what was held', async () => {
    await price('5');
    await credit(5);
    await prepaid();
    await hold('a');
    await settle('a', 3);
    expect(await money()).toEqual({ balance: 0, held: 0, owed: 10 });
    expect(await hold('b')).toBe('insufficient_funds');
  });
});

describe('what is free', () => {
  test('holds nothing and is entered when it is over', async () => {
    await prepaid();
    expect(await hold('a')).toBe('held');
    expect(await hold('a', 1)).toBe('held');
    await release('a');
    // Whatever it costs by then: it was free when it began.
    await price('5');
    await settle('a', 2);
    expect(await entries()).toEqual(['charge 0 a']);
    expect((await listEntries(core, { accountId, limit: 1 }))[0]).toMatchObject({ quantity: '2', price: '0' });
  });
});

describe('what was held for work that nobody finished', () => {
  test('is given back after an hour', async () => {
    await price('5');
    await hold('file');
    core.clock.advance(3_600_000);
    expect(await releaseAbandoned(core)).toBe(0);
    core.clock.advance(1);
    expect(await releaseAbandoned(core)).toBe(1);
    expect(await releaseAbandoned(core)).toBe(0);
    expect(await money()).toEqual({ balance: 0, held: 0, owed: 0 });
  });
});

describe('a price', () => {
  const shown = async (of?: string) =>
    (await listPrices(core, of)).find(({ unit }) => unit === 'voice_otp_call') ?? expect.fail('no such unit');

  test('of the account stands before the installation’s', async () => {
    const other = await core.account('other');
    expect(await shown(accountId)).toMatchObject({ amount: '0', setFor: 'nobody' });
    await price('2.50');
    await price('1', accountId);
    expect(await shown(accountId)).toMatchObject({ amount: '1', setFor: 'account' });
    expect(await shown(other)).toMatchObject({ amount: '2.5', setFor: 'installation' });
    expect(await shown()).toMatchObject({ amount: '2.5', setFor: 'installation' });
    await price(null, accountId);
    expect(await shown(accountId)).toMatchObject({ amount: '2.5', setFor: 'installation' });
    const audit = await core.db.selectFrom('audit_log').select(['action', 'account_id']).orderBy('id').execute();
    expect(audit.map(({ account_id }) => account_id)).toEqual([null, accountId, accountId]);
  });

  test('is an amount with at most four decimals', async () => {
    for (const amount of ['', '-1', '1.23456', '1e3', 'free', '0x1', ' 1']) {
      await expect(price(amount), amount).rejects.toMatchObject({ code: 'price.bad_input', field: 'amount' });
    }
  });

  test('is one of a unit that there is', async () => {
    const asked = setPrice(core, { unit: 'toString', amount: '1', actor: 'test' });
    await expect(asked).rejects.toMatchObject({ code: 'price.unknown_unit', field: 'unit' });
  });
});

describe('a wallet', () => {
  test('is credited with whole minor units', async () => {
    for (const amount of [0, -5, 1.5, NaN, 1e15]) {
      await expect(credit(amount), String(amount)).rejects.toMatchObject({ code: 'wallet.bad_input', field: 'amount' });
    }
  });

  test('changes its currency as long as nothing is entered in it', async () => {
    const currency = (code: string) => setCurrency(core, { accountId, currency: code, actor: 'test' });
    expect(await currency('ngn')).toMatchObject({ currency: 'NGN' });
    await expect(currency('XQQ')).rejects.toMatchObject({ code: 'wallet.bad_input' });
    await credit(1);
    await expect(currency('EUR')).rejects.toMatchObject({ code: 'wallet.currency_fixed' });
    expect(await findWallet(core, accountId)).toMatchObject({ currency: 'NGN', balance: 1 });
  });

  test('is told apart from what its ledger says', async () => {
    await credit(5);
    await core.db.updateTable('wallets').set({ balance: 6, held: 1 }).execute();
    expect((await checkLedger(core)).map(({ problem }) => problem).sort()).toEqual([
      'balance differs by 1',
      'held differs by 1',
      'the wallet says 6, the last entry 5',
    ]);
    await core.db
      .updateTable('ledger_entries')
      .set({ balance_after: 6 } as never)
      .execute();
    expect((await checkLedger(core)).map(({ problem }) => problem)).toContain('the balance 6 does not follow');
    await core.db.deleteFrom('ledger_entries').execute();
    await core.db.deleteFrom('wallets').execute();
  });
});
