import { sql, type RawBuilder } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isE164 } from '#core/address.js';
import { callBackWords } from '#core/calls/call-back-words.js';
import { lastCall } from '#core/calls/call-back.js';
import { CODE_LANGUAGES } from '#core/calls/code-words.js';
import { openBusiness, type Business } from '#test/business.js';

/** What was last called from a number, among many calls; and what is said to whoever calls it. */
describe('a call back', () => {
  let core: Business;
  let accountId: string;

  beforeAll(async () => {
    core = await openBusiness();
    accountId = await core.account('many');
    const at = new Date(core.clock.now());
    await sql`
      insert into numbers (number, account_id, mode, created_at) values ('+18005550199', ${accountId}, 'live', ${at})`.execute(
      core.db,
    );
    // Each ten thousandth was a campaign's; the others spoke codes, from the same number.
    await sql`
      insert into calls (id, account_id, mode, direction, purpose, priority, status, to_number, from_number, script,
        dialect, ring_timeout_seconds, max_duration_seconds, record, created_at, due_at, dialing_at, ended_at)
      select 'cal_' || lpad(n::text, 8, '0'), ${accountId}, 'live', case n % 5000 when 1 then 'in' else 'out' end,
        case n % 10000 when 0 then 'transactional' else 'verification' end, 3, 'completed', '+1212' || 5550000 + n,
        '+18005550199', '{}', 'test', 30, 60, false, ${at}, ${at}, ${at}, ${at}
      from generate_series(1, 50000) n`.execute(core.db);
    await sql`analyze calls`.execute(core.db);
  });
  afterAll(() => core.close());

  async function planOf(query: RawBuilder<unknown>): Promise<string> {
    const { rows } = await sql<{ 'QUERY PLAN': string }>`explain ${query}`.execute(core.db);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  }

  test('finds the last call by the indexes of who was called and of where calls came from', async () => {
    const caller = '+12125600000';
    if (!isE164(caller)) throw new Error('the test is wrong');
    const query = lastCall({ mode: 'live', trunk: 'trk_1', called: '+18005550199', caller }, new Date(0));
    const plan = await planOf(query);
    expect(plan).toContain('calls_account_to');
    expect(plan).toMatch(/calls_from\b/);
    expect(plan).not.toContain('Seq Scan on calls');
  });

  test('calls that came in are listed by an index of theirs', async () => {
    const plan = await planOf(sql`
      select * from calls where account_id = ${accountId} and mode = 'live' and direction = 'in' order by id desc limit 51`);
    expect(plan).toContain('calls_in');
  });

  test('has words in every language that codes have', () => {
    const said = CODE_LANGUAGES.map((language) => callBackWords(language).stopped);
    expect(new Set(said).size).toBe(CODE_LANGUAGES.length);
    expect(callBackWords('pt-BR').stopped).toBe(callBackWords('pt').stopped);
    expect(callBackWords('ja').stopped).toBe(callBackWords('en').stopped);
  });
});
