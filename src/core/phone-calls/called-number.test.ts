import { sql, type RawBuilder } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findCalledNumber, whoCalled } from '#core/phone-calls/called-number.js';
import { openBusiness, type Business } from '#test/business.js';

/** Whose number of the sandbox was called, which all accounts own. */
const SANDBOX = '+15005550100';
const CALLS_EACH = 200;
let core: Business;
let accounts: string[];

beforeAll(async () => {
  core = await openBusiness();
  accounts = [];
  for (let n = 0; n < 50; n++) accounts.push(await core.account(`a${n}`));
  const now = new Date(core.clock.now());
  await sql`
    insert into numbers (number, account_id, mode, created_at)
    select ${SANDBOX}, id, 'test', ${now} from unnest(${accounts}::text[]) as account (id)`.execute(core.db);
  // Each account's last call is a minute old, the one before an hour older, and so on.
  await sql`
    insert into calls (id, account_id, mode, direction, purpose, priority, status, to_number, from_number, script,
      dialect, ring_timeout_seconds, max_duration_seconds, record, created_at, due_at, dialing_at, ended_at)
    select 'cal_' || account.id || '_' || n, account.id, 'test', 'out', 'transactional', 3, 'no_answer', '+15005550034',
      ${SANDBOX}, '{}', 'test', 30, 60, false, at, at, at, at
    from unnest(${accounts}::text[]) as account (id), generate_series(0, ${CALLS_EACH - 1}) n,
      lateral (select ${now}::timestamptz - interval '1 minute' - n * interval '1 hour' as at) moment`.execute(core.db);
  await sql`
    insert into call_attempts (call_id, attempt, leg, target, dialed_at)
    select id, 1, 'leg_' || id, 'trunk simulated', dialing_at from calls`.execute(core.db);
  await sql`analyze calls, call_attempts`.execute(core.db);
});
afterAll(() => core.close());

const find = (callsBack: string | undefined) =>
  findCalledNumber(core, { mode: 'test', trunk: 'simulated', called: SANDBOX, callsBack });
const legOf = (account: string | undefined, nth = 0) => `leg_cal_${account}_${nth}`;

test('is that of whoever called lately', async () => {
  expect(await find(legOf(accounts[7]))).toMatchObject({ accountId: accounts[7], number: SANDBOX });
});

test.each([
  ['nobody is called back', () => undefined],
  ['the leg was of no account', () => 'leg_of_nobody'],
  ['it was long ago', () => legOf(accounts[7], 1)],
])('is nobody’s where %s', async (_, leg) => {
  expect(await find(leg())).toBeUndefined();
});

test('is found without reading what accounts called before', async () => {
  const since = new Date(core.clock.now() - 600_000);
  const query: RawBuilder<unknown> = whoCalled({ owners: accounts, called: SANDBOX, leg: legOf(accounts[7]), since });
  const { rows } = await sql<{ 'QUERY PLAN': string }>`explain (analyze, timing off, summary off) ${query}`.execute(
    core.db,
  );
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  // Of each account the one call of the last ten minutes, of 200.
  expect(plan).toMatch(/using calls_from on calls .*actual rows=1\b.* loops=50\)/);
});
