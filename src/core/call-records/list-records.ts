import { sql } from 'kysely';
import { CHANGES_MOST, countChanges, isFrom, rowsOfPage, settledBefore, type FromChange } from '#core/changes.js';
import type { Core, Db } from '#core/core.js';
import type { CallRecord, RecordFilter, RecordOwner } from '#core/call-records/call-record.js';
import { countedBefore, DAY_MS, dayOf, startOf } from '#core/call-records/count-days.js';
import { recordsOf } from '#core/call-records/record-query.js';
import { toRecords } from '#core/call-records/to-records.js';

interface Page {
  page: number;
  pageSize: number;
}

/** A period and how many of the asked for it has. */
interface Stretch {
  from: number | undefined;
  until: number | undefined;
  calls: number;
}

/**
 * A page of the history, the newest first, or by `updatedAfter` in the order of changes; and how many there are in all.
 * Where the days tell (by direction, result, number of ours and period), their counts say how many there are and on
 * which day the page begins, so that the millionth costs what the first does.
 */
export async function listRecords(
  core: Pick<Core, 'db' | 'clock'>,
  owner: RecordOwner,
  filter: RecordFilter & Page,
): Promise<{ items: CallRecord[]; total: number }> {
  const before = (filter.page - 1) * filter.pageSize;
  const { updatedAfter: at, afterId } = filter;
  if (at !== undefined) {
    const ordered = changedRecords(core.db, owner, filter, { at, afterId }, await settledBefore(core));
    const total = await countChanges(core.db, ordered.select('calls.id').limit(CHANGES_MOST));
    const { offset, limit } = rowsOfPage(filter);
    const rows = await ordered.selectAll('calls').offset(offset).limit(limit).execute();
    return { items: await toRecords(core.db, rows), total };
  }
  if (!isCounted(filter)) {
    const query = recordsOf(core.db, owner, filter);
    const { total } = await query.select(sql<number>`count(*)::integer`.as('total')).executeTakeFirstOrThrow();
    const ordered = query.orderBy('calls.id', 'desc');
    const rows = await ordered.selectAll('calls').offset(before).limit(filter.pageSize).execute();
    return { items: await toRecords(core.db, rows), total };
  }
  const stretches = await stretchesOf(core.db, owner, filter);
  const total = stretches.reduce((sum, { calls }) => sum + calls, 0);
  if (before >= total) return { items: [], total };
  let skipped = 0;
  const first = stretches.findIndex(({ calls }) => {
    if (skipped + calls > before) return true;
    skipped += calls;
    return false;
  });
  let reached = skipped;
  const last = stretches.findIndex(({ calls }, index) => {
    if (index < first) return false;
    reached += calls;
    return reached >= before + filter.pageSize;
  });
  const period = { after: stretches[last]?.from ?? stretches.at(-1)?.from, before: stretches[first]?.until };
  const rows = await recordsOf(core.db, owner, {
    ...filter,
    after: period.after === undefined ? undefined : new Date(period.after),
    before: period.before === undefined ? undefined : new Date(period.before),
  })
    .selectAll('calls')
    .orderBy('calls.id', 'desc')
    .offset(before - skipped)
    .limit(filter.pageSize)
    .execute();
  return { items: await toRecords(core.db, rows), total };
}

/** In the order of their changes. */
export function changedRecords(db: Db, owner: RecordOwner, filter: RecordFilter, from: FromChange, before: Date) {
  const [moment, id] = [sql.ref<Date>('calls.updated_at'), sql.ref<string>('calls.id')];
  return recordsOf(db, owner, filter)
    .where(isFrom(moment, id, from, before))
    .orderBy(moment)
    .orderBy(id);
}

function isCounted({ theirs, minSeconds, maxSeconds, userId }: RecordFilter): boolean {
  return [theirs, minSeconds, maxSeconds, userId].every((wish) => wish === undefined);
}

/** The newest first: what is not counted yet, whole days that are, and the parts of days at the ends of the period. */
async function stretchesOf(db: Db, owner: RecordOwner, filter: RecordFilter): Promise<Stretch[]> {
  const after = filter.after?.getTime();
  const before = filter.before?.getTime();
  const counted = await countedBefore(db, owner);
  const count = async (from: number | undefined, until: number | undefined): Promise<Stretch> => {
    const period = {
      after: from === undefined ? undefined : new Date(from),
      before: until === undefined ? undefined : new Date(until),
    };
    const { calls } = await recordsOf(db, owner, { ...filter, ...period })
      .select(sql<number>`count(*)::integer`.as('calls'))
      .executeTakeFirstOrThrow();
    return { from, until, calls };
  };
  // Whole days of the period that are counted.
  const firstDay = after === undefined ? undefined : Math.ceil(after / DAY_MS) * DAY_MS;
  const endDay = Math.min(counted ?? -Infinity, before === undefined ? Infinity : Math.floor(before / DAY_MS) * DAY_MS);
  if (counted === undefined || endDay === -Infinity || (firstDay !== undefined && firstDay >= endDay)) {
    return [await count(after, before)];
  }
  const [newest, days, oldest] = await Promise.all([
    count(endDay, before),
    daysOf(db, owner, filter, firstDay, endDay),
    firstDay === undefined || firstDay === after ? undefined : count(after, firstDay),
  ]);
  return [newest, ...days, ...(oldest === undefined ? [] : [oldest])];
}

async function daysOf(
  db: Db,
  { accountId, mode }: RecordOwner,
  { direction, result, ours }: RecordFilter,
  from: number | undefined,
  until: number,
): Promise<Stretch[]> {
  let query = db
    .selectFrom('call_days')
    .select(['day', sql<number>`sum(calls)::integer`.as('calls')])
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .where('day', '<', dayOf(until));
  if (from !== undefined) query = query.where('day', '>=', dayOf(from));
  if (direction !== undefined) query = query.where('direction', '=', direction);
  if (result !== undefined) query = query.where('result', '=', result);
  if (ours !== undefined) query = query.where('our_number', '=', ours);
  const rows = await query.groupBy('day').orderBy('day', 'desc').execute();
  return rows.map(({ day, calls }) => ({ from: startOf(day), until: startOf(day) + DAY_MS, calls }));
}
