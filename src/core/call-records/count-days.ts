import { sql, type Transaction } from 'kysely';
import { firstIdAt } from '#core/ids.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { IN_HISTORY, OURS, type RecordOwner } from '#core/call-records/call-record.js';
import type { Mode, Tables } from '#core/tables.js';

export const DAY_MS = 86_400_000;
/** A day is over this long after its end: what began before midnight is written down by then. */
const SETTLED_MS = 3_600_000;
/** Days in one transaction. */
const AT_ONCE = 31;

export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

export function startOf(day: string): number {
  return new Date(`${day}T00:00:00Z`).getTime();
}

/** Counts the calls of days that are over, of all accounts, so that lists know their totals at once. */
export async function countCallDays(core: Pick<Core, 'db' | 'clock'>): Promise<void> {
  const accounts = await core.db.selectFrom('accounts').select('id').orderBy('id').execute();
  for (const { id: accountId } of accounts) {
    for (const mode of ['live', 'test'] as const) while (await countSome(core, { accountId, mode }));
  }
}

/** False: nothing is left to count. */
async function countSome(core: Pick<Core, 'db' | 'clock'>, owner: RecordOwner): Promise<boolean> {
  const until = await uncountedUntil(core, owner);
  if (until === undefined) return false;
  return inTransaction(core.db, async (tx) => {
    await lockDays(tx, owner);
    const from = (await countedBefore(tx, owner)) ?? (await firstDay(tx, owner));
    if (from === undefined || from >= until) return false;
    const days: number[] = [];
    for (let day = from; day < until && days.length < AT_ONCE; day += DAY_MS) days.push(day);
    const before = dayOf(from + days.length * DAY_MS);
    await sql`
      insert into call_days (account_id, mode, day, our_number, direction, result, calls)
      select ${owner.accountId}, ${owner.mode}, days.day, found.ours, found.direction, found.result, found.calls
      from unnest(${days.map(dayOf)}::date[], ${days.map((day) => firstIdAt('cal', day))}::text[],
          ${days.map((day) => firstIdAt('cal', day + DAY_MS))}::text[]) as days (day, first_id, next_id),
        lateral (
          select ${OURS} as ours, calls.direction, calls.result, count(*)::integer as calls from calls
          where calls.account_id = ${owner.accountId} and calls.mode = ${owner.mode} and ${IN_HISTORY}
            and calls.id >= days.first_id and calls.id < days.next_id
          group by 1, 2, 3
        ) as found
      on conflict (account_id, mode, day, our_number, direction, result) do update set calls = excluded.calls`.execute(
      tx,
    );
    await tx
      .insertInto('call_days_counted')
      .values({ account_id: owner.accountId, mode: owner.mode, before })
      .onConflict((conflict) => conflict.columns(['account_id', 'mode']).doUpdateSet({ before }))
      .execute();
    return days.length === AT_ONCE;
  });
}

/** The first day that cannot be counted yet: this one, or that of a call that is still going on. */
async function uncountedUntil(core: Pick<Core, 'db' | 'clock'>, { accountId, mode }: RecordOwner) {
  const { rows } = await sql<{ created_at: Date }>`
    select created_at from calls
    where account_id = ${accountId} and mode = ${mode} and ended_at is null and purpose in ('person', 'emergency')
    order by id limit 1`.execute(core.db);
  const now = core.clock.now();
  const settled = now - SETTLED_MS;
  const oldest = rows[0]?.created_at.getTime() ?? settled;
  // An id may have been made a moment before its row.
  const until = startOf(dayOf(Math.min(settled, oldest - 1000)));
  const counted = await countedBefore(core.db, { accountId, mode });
  return counted !== undefined && counted >= until ? undefined : until;
}

/** The start of the first day that is not counted; undefined: none is. */
export async function countedBefore(
  db: Pick<Core, 'db'>['db'],
  { accountId, mode }: RecordOwner,
): Promise<number | undefined> {
  const row = await db
    .selectFrom('call_days_counted')
    .select('before')
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .executeTakeFirst();
  return row === undefined ? undefined : startOf(row.before);
}

async function firstDay(tx: Transaction<Tables>, { accountId, mode }: RecordOwner): Promise<number | undefined> {
  const { rows } = await sql<{ created_at: Date }>`
    select created_at from calls where account_id = ${accountId} and mode = ${mode} and ${IN_HISTORY}
    order by id limit 1`.execute(tx);
  const [first] = rows;
  return first === undefined ? undefined : startOf(dayOf(first.created_at.getTime() - 1000));
}

/** Whoever counts days and whoever takes a call out of them do so one after the other. */
async function lockDays(
  tx: Transaction<Tables>,
  { accountId, mode }: { accountId: string; mode: Mode },
): Promise<void> {
  const lock = JSON.stringify(['call days', accountId, mode]);
  await sql`select pg_advisory_xact_lock(hashtextextended(${lock}, 0))`.execute(tx);
}

/** Before a call is taken out of the history: keeps its day's count true, until the commit. */
export async function uncountCall(
  tx: Transaction<Tables>,
  owner: RecordOwner,
  call: { id: string; at: Date; ours: string; direction: 'out' | 'in'; result: string },
): Promise<void> {
  await lockDays(tx, owner);
  const counted = await countedBefore(tx, owner);
  if (counted === undefined || call.id >= firstIdAt('cal', counted)) return;
  // The day of its id, which is the row's but for a moment around midnight.
  const near = [call.at.getTime() - 1000, call.at.getTime()].map((at) => startOf(dayOf(at)));
  const day = near.find((at) => call.id >= firstIdAt('cal', at) && call.id < firstIdAt('cal', at + DAY_MS));
  if (day === undefined) return;
  await sql`
    update call_days set calls = calls - 1
    where account_id = ${owner.accountId} and mode = ${owner.mode} and day = ${dayOf(day)}
      and our_number = ${call.ours} and direction = ${call.direction} and result = ${call.result}`.execute(tx);
}
