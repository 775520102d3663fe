/** How long a page of the history takes with ten million calls of one account, by what is asked for. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { systemClock } from '#clock.js';
import type { RecordFilter } from '#core/call-records/call-record.js';
import { countCallDays, listRecords } from '#core/call-records/index.js';
import type { Tables } from '#core/tables.js';
import { openDatabase } from '#storage/database.js';
import { startEmbedded } from '#storage/embedded.js';
import { makeTemplate, onDatabase } from '../database-template.js';

const CALLS = Number(process.env['SIDETONE_BENCH_CALLS'] ?? 10_000_000);
const AT_ONCE = 500_000;
const DAYS = 3 * 365;
const DAY_MS = 86_400_000;
const OUR_NUMBERS = 20;
const PEOPLE = 200_000;
const PAGE_SIZE = 100;
const PAGES = 60;
/** The first pages meet a cold cache. */
const WARM_UP = 10;

const log = { debug: () => undefined, info: () => undefined, warn: console.warn, error: console.error };
const folder = mkdtempSync(join(tmpdir(), 'sidetone-bench-'));
const server = await startEmbedded({ dataFolder: folder, log, durable: true });
const connection = onDatabase(server.connection, await makeTemplate(server.connection));
const storage = await openDatabase<Tables>({ connection, log, maxConnections: 4 });
const db = storage.kysely;
const core = { db, clock: systemClock };
const owner = { accountId: 'acc_1', mode: 'live' } as const;
const first = Math.floor(systemClock.now() / DAY_MS) * DAY_MS - DAYS * DAY_MS;

try {
  await sql`insert into accounts (id, name, domain, created_at) values ('acc_1', 'bench', 'bench.test', now())`.execute(
    db,
  );
  let since = performance.now();
  await fill();
  console.log(`${CALLS} calls of ${DAYS} days written in ${seconds(since)} s`);
  since = performance.now();
  await countCallDays(core);
  console.log(`their days counted in ${seconds(since)} s, once`);
  for (const [what, ask] of kinds()) await measure(what, ask);
} finally {
  await storage.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}

type Asked = RecordFilter & { page: number };

function kinds(): [what: string, ask: () => Asked][] {
  const anyPage = (calls: number): number => 1 + Math.floor((Math.random() * calls) / PAGE_SIZE);
  const moment = (): Date => new Date(first + Math.floor(Math.random() * DAYS * DAY_MS));
  const month = (): Pick<RecordFilter, 'after' | 'before'> => {
    const after = moment();
    return { after, before: new Date(after.getTime() + 30 * DAY_MS) };
  };
  const ours = (): string => `+1500555${1000 + Math.floor(Math.random() * OUR_NUMBERS)}`;
  const theirs = (): string => `+1${2_120_000_000 + Math.floor(Math.random() * PEOPLE)}`;
  return [
    ['the newest', () => ({ page: 1 })],
    ['any page of all', () => ({ page: anyPage(CALLS) })],
    ['any page of one direction', () => ({ direction: 'in', page: anyPage(CALLS / 2) })],
    ['missed ones of a month', () => ({ result: 'missed', ...month(), page: 1 })],
    ['a month', () => ({ ...month(), page: anyPage((CALLS / DAYS) * 30) })],
    ['a number of ours', () => ({ ours: ours(), page: anyPage(CALLS / OUR_NUMBERS) })],
    ['a number of ours, missed, in a month', () => ({ ours: ours(), result: 'missed', ...month(), page: 1 })],
    ['a person', () => ({ theirs: theirs(), page: 1 })],
    ['longer than a minute, in a month', () => ({ minSeconds: 60, ...month(), page: 1 })],
    ['changed within the last day', () => ({ updatedAfter: new Date(systemClock.now() - DAY_MS), page: 1 })],
    ['longer than nine minutes, of all', () => ({ minSeconds: 540, page: 1 })],
  ];
}

async function measure(what: string, ask: () => Asked): Promise<void> {
  const took: number[] = [];
  let total = 0;
  for (let n = 0; n < PAGES; n++) {
    const asked = { ...ask(), pageSize: PAGE_SIZE };
    const since = performance.now();
    total = (await listRecords(core, owner, asked)).total;
    if (n >= WARM_UP) took.push(performance.now() - since);
  }
  took.sort((a, b) => a - b);
  const at = (share: number): string => (took[Math.floor((took.length - 1) * share)] ?? 0).toFixed(1);
  console.log(`${what}: ${at(0.5)} ms (median), ${at(0.95)} ms (p95); the last of ${total}`);
}

/** Ten million rows under sixteen indexes take an hour; they are made after the rows instead. */
async function fill(): Promise<void> {
  const { rows: indexes } = await sql<{ name: string; made: string }>`
    select indexname as name, indexdef as made from pg_indexes
    where tablename = 'calls' and indexname <> 'calls_pkey'`.execute(db);
  for (const { name } of indexes) await sql`drop index ${sql.id(name)}`.execute(db);
  const letter = (place: number) =>
    sql`substr('0123456789abcdefghjkmnpqrstvwxyz', ((ms >> ${sql.lit(5 * (9 - place))}) & 31)::int + 1, 1)`;
  const letters = sql.join(
    Array.from({ length: 10 }, (_, place) => letter(place)),
    sql` || `,
  );
  for (let start = 0; start < CALLS; start += AT_ONCE) {
    await sql`
      insert into calls (id, account_id, mode, direction, purpose, priority, status, to_number, from_number, script,
        dialect, ring_timeout_seconds, max_duration_seconds, record, created_at, due_at, answered_at, ended_at, result,
        updated_at, attempts)
      select 'cal_' || ${letters} || lpad(to_hex(n), 16, '0'), 'acc_1', 'live',
        case when n % 2 = 0 then 'in' else 'out' end, 'person', 1, case when n % 3 = 0 then 'no_answer' else 'completed' end,
        case when n % 2 = 0 then ours else theirs end, case when n % 2 = 0 then theirs else ours end,
        '{"kind": "flow"}', 'none', 30, 3600, false, at, at, case when n % 3 = 0 then null else at end,
        at + make_interval(secs => (n * 7919 % 600)::int), case when n % 3 = 0 then 'missed' else 'answered' end,
        at + make_interval(secs => (n * 7919 % 600)::int), 1
      from (
        select n, ms, to_timestamp(ms / 1000.0) as at, '+1500555' || (1000 + n * 104729 % ${OUR_NUMBERS}) as ours,
          '+1' || (2120000000 + n * 15485863 % ${PEOPLE}) as theirs
        from (
          select n, ${first}::bigint + n * ${(DAYS * DAY_MS) / CALLS}::float8::bigint as ms
          from generate_series(${start}::bigint, ${Math.min(CALLS, start + AT_ONCE) - 1}::bigint) as n
        ) as timed
      ) as made`.execute(db);
  }
  for (const { made } of indexes) await sql.raw(made).execute(db);
  await sql`vacuum analyze calls`.execute(db);
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}
