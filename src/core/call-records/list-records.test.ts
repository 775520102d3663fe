import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBusiness, type Business } from '#test/business.js';
import { addPastCalls, type PastCall } from '#test/past-calls.js';
import type { RecordFilter } from '#core/call-records/call-record.js';
import { countCallDays, DAY_MS } from '#core/call-records/count-days.js';
import { changedRecords, listRecords } from '#core/call-records/list-records.js';
import { recordsOf } from '#core/call-records/record-query.js';
import { removeRecord } from '#core/call-records/remove-record.js';

let core: Business;
let owner: { accountId: string; mode: 'live' | 'test' };
let ids: string[];
/** Midnight. */
const FIRST = Date.parse('2026-03-01T00:00:00Z');
const DAYS = 40;

beforeAll(async () => {
  core = await openBusiness();
  owner = { accountId: await core.account('history'), mode: 'test' };
  const calls: PastCall[] = [];
  // Uneven on purpose: days without calls, days with many, and some at midnight itself.
  for (let day = 0; day < DAYS; day++) {
    for (let n = 0; n < (day * 7) % 13; n++) {
      calls.push({
        at: FIRST + day * DAY_MS + n * 6_500_000,
        direction: n % 3 === 0 ? 'out' : 'in',
        ours: n % 4 === 0 ? '+15005550124' : '+15005550123',
        theirs: `+1305555${1000 + ((day * 5 + n) % 17)}`,
        result: (['answered', 'missed', 'hangup'] as const)[(day + n) % 3]!,
        seconds: (n * 17) % 90,
      });
    }
  }
  calls.push({ at: FIRST + 3 * DAY_MS + 5, purpose: 'internal_leg' }, { at: FIRST + 4 * DAY_MS, purpose: 'marketing' });
  ids = await addPastCalls(core, owner.accountId, calls);
  await addPastCalls(core, await core.account('neighbour'), [{ at: FIRST + DAY_MS }]);
  await addPastCalls(core, owner.accountId, [{ at: FIRST + DAY_MS, mode: 'live' }]);
  // Ended yesterday's, and today's that goes on.
  core.clock.advance(FIRST + (DAYS - 1) * DAY_MS + 7_200_000 - core.clock.now());
});
afterAll(() => core.close());

const filters: [what: string, filter: RecordFilter][] = [
  ['everything', {}],
  ['a direction', { direction: 'out' }],
  ['a result', { result: 'hangup' }],
  ['a number of ours', { ours: '+15005550124' }],
  ['one that there is not', { ours: '+15005550199' }],
  ['all three', { direction: 'in', result: 'missed', ours: '+15005550123' }],
  ['a period of whole days', { after: new Date(FIRST + 5 * DAY_MS), before: new Date(FIRST + 20 * DAY_MS) }],
  ['one within a day', { after: new Date(FIRST + 5 * DAY_MS + 1), before: new Date(FIRST + 5 * DAY_MS + 9_000_000) }],
  [
    'one that ends within days',
    { after: new Date(FIRST + 2 * DAY_MS + 7_000_000), before: new Date(FIRST + 30.6 * DAY_MS) },
  ],
  ['since a moment', { after: new Date(FIRST + 33.3 * DAY_MS), result: 'answered' }],
  ['before a moment', { before: new Date(FIRST + 12.5 * DAY_MS) }],
  ['a period of nothing', { after: new Date(FIRST + 9 * DAY_MS), before: new Date(FIRST + 9 * DAY_MS) }],
  ['before everything', { before: new Date(FIRST - DAY_MS) }],
  ['a person', { theirs: '+13055551003' }],
  ['a person in a period', { theirs: '+13055551003', after: new Date(FIRST + 10 * DAY_MS) }],
  ['a length', { minSeconds: 17, maxSeconds: 51 }],
];

/** As a reader of the whole table would find them. */
async function expected(filter: RecordFilter): Promise<string[]> {
  const rows = await core.db
    .selectFrom('calls')
    .selectAll()
    .where('account_id', '=', owner.accountId)
    .where('mode', '=', owner.mode)
    .where('purpose', '=', 'person')
    .orderBy('id', 'desc')
    .execute();
  return rows
    .filter((row) => {
      const [ours, theirs] =
        row.direction === 'in' ? [row.to_number, row.from_number] : [row.from_number, row.to_number];
      return (
        (filter.direction === undefined || row.direction === filter.direction) &&
        (filter.result === undefined || row.result === filter.result) &&
        (filter.ours === undefined || ours === filter.ours) &&
        (filter.theirs === undefined || theirs === filter.theirs) &&
        (filter.after === undefined || row.created_at >= filter.after) &&
        (filter.before === undefined || row.created_at < filter.before) &&
        (filter.minSeconds === undefined || row.duration_seconds >= filter.minSeconds) &&
        (filter.maxSeconds === undefined || row.duration_seconds <= filter.maxSeconds)
      );
    })
    .map(({ id }) => id);
}

async function pages(filter: RecordFilter, pageSize: number): Promise<{ ids: string[]; totals: number[] }> {
  const found: string[] = [];
  const totals: number[] = [];
  for (let page = 1; ; page++) {
    const { items, total } = await listRecords(core, owner, { ...filter, page, pageSize });
    totals.push(total);
    if (items.length === 0) return { ids: found, totals };
    found.push(...items.map(({ id }) => id));
  }
}

describe.each(['before the days are counted', 'after it', 'when some were taken out'])('%s', (when) => {
  beforeAll(async () => {
    if (when !== 'before the days are counted') await countCallDays(core);
    if (when === 'when some were taken out') {
      const parts = {
        ...core,
        recordings: { write: never, read: never, open: never, path: never, list: never, remove: never },
      };
      for (const id of [ids[3], ids[60], ids[61], ids.at(-4)]) {
        await removeRecord(parts, owner, { id: id ?? '', actor: 'test' });
      }
    }
  });

  test.each(filters)('%s: every page, each call once, and how many there are', async (_, filter) => {
    const wanted = await expected(filter);
    for (const pageSize of [6, 100]) {
      const got = await pages(filter, pageSize);
      expect(got.ids).toEqual(wanted);
      expect(new Set(got.totals)).toEqual(new Set([wanted.length]));
    }
  });
});

test('days are counted once they are over, not while a call of theirs goes on', async () => {
  const counted = async () => {
    const row = await core.db
      .selectFrom('call_days_counted')
      .select('before')
      .where('account_id', '=', owner.accountId)
      .where('mode', '=', 'test')
      .executeTakeFirst();
    return row?.before;
  };
  expect(await counted()).toBe('2026-04-09');
  const today = FIRST + (DAYS - 1) * DAY_MS;
  const [open] = await addPastCalls(core, owner.accountId, [{ at: today + 3_600_000, open: true }]);
  core.clock.advance(2 * DAY_MS);
  await countCallDays(core);
  expect(await counted()).toBe('2026-04-09');
  await core.db
    .updateTable('calls')
    .set({ ended_at: new Date(core.clock.now()), result: 'answered' })
    .where('id', '=', open ?? '')
    .execute();
  await countCallDays(core);
  expect(await counted()).toBe('2026-04-11');
  expect((await pages({}, 100)).ids).toEqual(await expected({}));
});

test('every list is led by an index of the history', async () => {
  // As in a table of many accounts and purposes.
  await sql`
    insert into calls (id, account_id, mode, direction, purpose, priority, status, to_number, from_number, script,
      dialect, ring_timeout_seconds, max_duration_seconds, record, created_at, due_at, ended_at, result, updated_at)
    select 'cal_02' || n, case when n % 9 = 0 then account_id else 'acc_neighbour' end, mode, direction,
      case when n % 2 = 0 then purpose else 'marketing' end, priority, status, to_number, '+1' || (2000000000 + n), script,
      dialect, ring_timeout_seconds, max_duration_seconds, record, created_at, due_at, ended_at, result, updated_at
    from generate_series(1, 20000) as n, (select * from calls where id = ${ids[0] ?? ''}) as one`.execute(core.db);
  await sql`analyze calls`.execute(core.db);
  const plan = async (filter: RecordFilter, order: 'id' | 'change'): Promise<string> => {
    const query =
      order === 'id'
        ? recordsOf(core.db, owner, filter).orderBy('calls.id', 'desc')
        : changedRecords(core.db, owner, filter, { at: new Date(FIRST) }, new Date(FIRST + 10_000));
    const compiled = query.select('calls.id').limit(25).compile();
    const { rows } = await sql<{ 'QUERY PLAN': string }>`explain ${sql.raw(withValues(compiled))}`.execute(core.db);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  };
  expect(await plan({}, 'id')).toMatch(/calls_history /);
  expect(await plan({ theirs: '+13055551003' }, 'id')).toMatch(/calls_history_theirs/);
  expect(await plan({}, 'change')).toMatch(/calls_history_updated/);
});

function withValues({ sql: text, parameters }: { sql: string; parameters: readonly unknown[] }): string {
  return text.replace(/\$(\d+)/g, (_, n: string) => {
    const value = parameters[Number(n) - 1];
    if (typeof value === 'number') return String(value);
    return `'${value instanceof Date ? value.toISOString() : String(value)}'`;
  });
}

function never(): never {
  throw new Error('no file of these calls is touched');
}
