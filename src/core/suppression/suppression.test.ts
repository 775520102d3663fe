import { sql, type Transaction } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setOutreachPolicy } from '#core/accounts/index.js';
import type { Purpose } from '#core/purpose.js';
import {
  addressHash,
  forgetAddress,
  isSuppressed,
  liftSuppression,
  stoppingScopes,
  suppress,
  suppressedAmong,
  type Channel,
  type NewSuppression,
} from '#core/suppression/index.js';
import type { Mode, Tables } from '#core/tables.js';
import { openBusiness, type Business } from '#test/business.js';

let core: Business;
let accountId: string;
let people = 0;
beforeAll(async () => {
  core = await openBusiness();
  accountId = await core.account('shop');
});
afterAll(() => core.close());

const somebody = (): string => `+1212556${String((people += 1)).padStart(4, '0')}`;
const now = (): Date => new Date(core.clock.now());
const inTx = <T>(work: (tx: Transaction<Tables>) => Promise<T>): Promise<T> => core.db.transaction().execute(work);
const optOut = (address: string, more: Partial<NewSuppression> = {}) =>
  inTx((tx) => suppress(tx, core.secrets, { accountId, mode: 'live', address, source: 'text', at: now(), ...more }));
const stops = (address: string, purpose: Purpose = 'transactional', channel: Channel = 'sms', mode: Mode = 'live') =>
  isSuppressed(core.db, core.secrets, { accountId, mode, address, purpose, channel });
const lift = (address: string, by: 'owner' | 'person' = 'owner') =>
  inTx((tx) => liftSuppression(tx, core.secrets, { accountId, mode: 'live', address, by, reason: 'asked', at: now() }));

describe('the ledger', () => {
  const PURPOSES: [Purpose, Channel, string[]][] = [
    ['marketing', 'voice', ['marketing', 'outreach', 'all']],
    ['marketing', 'sms', ['marketing', 'outreach', 'all']],
    ['transactional', 'voice', ['outreach', 'all']],
    ['transactional', 'sms', ['outreach', 'all']],
    ['person', 'voice', ['all']],
    ['person', 'sms', ['outreach', 'all']],
    ['verification', 'voice', ['all']],
    ['verification', 'sms', ['all']],
    ['internal_leg', 'voice', []],
    ['emergency', 'voice', []],
  ];
  test.each(PURPOSES)('stops %s by %s for the scopes %j', async (purpose, channel, scopes) => {
    expect(stoppingScopes(purpose, channel)).toEqual(scopes);
    for (const scope of ['marketing', 'outreach', 'all'] as const) {
      const address = somebody();
      await optOut(address, { scope });
      expect(await stops(address, purpose, channel)).toBe(scopes.includes(scope));
    }
  });

  test('covers voice and SMS, or the channel alone on which it came where the account says so', async () => {
    const [both, text, key, owner] = [somebody(), somebody(), somebody(), somebody()];
    expect(await optOut(both)).toMatchObject({ channel: 'all' });
    await setOutreachPolicy(core, { accountId, name: 'opt_out_channels', value: 'same', actor: 'test' });
    await optOut(text);
    await optOut(key, { source: 'key', callId: 'cal_1' });
    await optOut(owner, { source: 'owner' });
    await setOutreachPolicy(core, { accountId, name: 'opt_out_channels', value: null, actor: 'test' });
    const covered = async (address: string) => [
      await stops(address, 'transactional', 'voice'),
      await stops(address, 'transactional', 'sms'),
    ];
    expect(await covered(both)).toEqual([true, true]);
    expect(await covered(text)).toEqual([false, true]);
    expect(await covered(key)).toEqual([true, false]);
    expect(await covered(owner)).toEqual([true, true]);
  });

  test('knows one opt-out of a kind, however often and however fast it comes', async () => {
    const address = somebody();
    const written = await Promise.all([1, 2, 3, 4].map(() => optOut(address)));
    expect(written.filter((entry) => entry !== undefined)).toHaveLength(1);
    expect(await optOut(address, { scope: 'marketing' })).toMatchObject({ scope: 'marketing' });
  });

  test('is of one account and one mode', async () => {
    const other = await core.account('other');
    const address = somebody();
    await optOut(address);
    expect(await stops(address, 'transactional', 'sms', 'test')).toBe(false);
    const theirs = { accountId: other, mode: 'live', address, purpose: 'marketing' } as const;
    expect(await isSuppressed(core.db, core.secrets, theirs)).toBe(false);
    expect(await inTx((tx) => forgetAddress(tx, core.secrets, theirs))).toBe(0);
    const lifted = { ...theirs, by: 'owner', reason: 'no', at: now() } as const;
    expect(await inTx((tx) => liftSuppression(tx, core.secrets, lifted))).toEqual([]);
    expect(await stops(address)).toBe(true);
  });

  test('is lifted by the owner whatever it is, by the person what came by text', async () => {
    const [texted, pressed] = [somebody(), somebody()];
    await optOut(texted);
    await optOut(texted, { source: 'free_text', scope: 'marketing', reviewText: 'please stop' });
    await optOut(pressed, { source: 'key' });
    expect(await lift(texted, 'person')).toHaveLength(2);
    expect(await lift(texted, 'person')).toEqual([]);
    expect(await lift(pressed, 'person')).toEqual([]);
    expect(await stops(texted, 'marketing')).toBe(false);
    expect(await stops(pressed)).toBe(true);
    expect(await lift(pressed)).toMatchObject([{ source: 'key', liftedReason: 'asked' }]);
    expect(await stops(pressed)).toBe(false);
    // History stays, and the person may opt out anew.
    await optOut(texted);
    const rows = await core.db.selectFrom('suppressions').select('lifted_at').where('address', '=', texted).execute();
    expect(rows.map(({ lifted_at }) => lifted_at === null).sort()).toEqual([false, false, true]);
  });

  test('forgets who it was and stops them all the same', async () => {
    const address = somebody();
    await optOut(address, { reason: 'said Jane Doe', reviewText: 'this is Jane Doe' });
    expect(await inTx((tx) => forgetAddress(tx, core.secrets, { accountId, mode: 'live', address }))).toBe(1);
    const { rows } = await sql<{ row: string }>`
      select to_jsonb(s)::text as row from suppressions s where address_hash = ${addressHash(core.secrets)(address)}
    `.execute(core.db);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.row).not.toContain(address.slice(1));
    expect(rows[0]?.row).not.toContain('Jane');
    expect(await stops(address)).toBe(true);
    expect(await optOut(address)).toBeUndefined();
    expect(await lift(address)).toHaveLength(1);
    expect(await stops(address)).toBe(false);
  });

  test('knows entries of before there were hashes', async () => {
    const address = somebody();
    await optOut(address);
    await core.db.updateTable('suppressions').set({ address_hash: null }).where('address', '=', address).execute();
    expect(await stops(address)).toBe(true);
    expect(await optOut(address)).toBeUndefined();
    expect(await inTx((tx) => forgetAddress(tx, core.secrets, { accountId, mode: 'live', address }))).toBe(1);
    expect(await stops(address)).toBe(true);
  });

  test('is asked for many at once, by its indexes', async () => {
    const addresses = Array.from({ length: 500 }, somebody);
    for (const address of addresses.slice(0, 20)) await optOut(address);
    const [forgotten = ''] = addresses;
    await inTx((tx) => forgetAddress(tx, core.secrets, { accountId, mode: 'live', address: forgotten }));
    const asked = { accountId, mode: 'live', purpose: 'marketing', channel: 'sms', addresses } as const;
    expect(await suppressedAmong(core.db, core.secrets, asked)).toEqual(new Set(addresses.slice(0, 20)));
    expect(await suppressedAmong(core.db, core.secrets, { ...asked, addresses: [] })).toEqual(new Set());
    const { rows } = await inTx(async (tx) => {
      await sql`
        insert into suppressions (id, account_id, mode, address, address_hash, scope, channel, source, created_at)
        select 'sup_bulk' || n, ${accountId}, 'live', '+44' || n, sha256(n::text::bytea), 'outreach', 'all', 'import', ${now()}
        from generate_series(1000000, 1020000) n`.execute(tx);
      await sql`analyze suppressions`.execute(tx);
      return sql<{ 'QUERY PLAN': string }>`
        explain select from suppressions s
        where s.account_id = ${accountId} and s.mode = 'live'
          and (s.address = '+441000001' or s.address_hash = '\\x00'::bytea)
          and s.scope = any('{outreach,all}'::text[]) and s.channel in ('all', 'sms') and s.lifted_at is null
      `.execute(tx);
    });
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/BitmapOr[^]+suppressions_active[^]+suppressions_(person|active_hash)/);
    expect(plan).not.toContain('Seq Scan');
  });
});
