import { sql } from 'kysely';
import type { Db } from '#core/core.js';
import { inBatches } from '#core/retention/in-batches.js';

/** At a time, so that a long absence does not end in one huge transaction. */
const BATCH = 1000;
/** Each has up to 10,000 rows. */
const BATCHES_OF_ORIGINS = 10;

/** Browsers that were seen and are nobody's. Those of somebody go with them. Gives how many. */
export function purgeVisitors(db: Db, before: Date): Promise<number> {
  return inBatches(BATCH, async () => {
    const { numAffectedRows } = await sql`
      delete from visitors where ctid = any(array(
        select ctid from visitors where person_id is null and created_at < ${before}
        order by created_at limit ${BATCH} for update skip locked))`.execute(db);
    return numAffectedRows;
  });
}

/** What became of each row of many origins at once; the origins stay. Gives how many batches. */
export function purgeOriginBatches(db: Db, before: Date): Promise<number> {
  return inBatches(BATCHES_OF_ORIGINS, async () => {
    const { numAffectedRows } = await sql`
      delete from origin_batches where id in (
        select id from origin_batches where ended_at < ${before} order by ended_at limit ${BATCHES_OF_ORIGINS})`.execute(
      db,
    );
    return numAffectedRows;
  });
}

/** What sites used, hour by hour. Gives how many hours. */
export function purgeSiteHours(db: Db, before: Date): Promise<number> {
  return inBatches(BATCH, async () => {
    const { numAffectedRows } = await sql`
      delete from site_hours where ctid = any(array(
        select ctid from site_hours where hour < ${before} order by hour limit ${BATCH} for update skip locked))`.execute(
      db,
    );
    return numAffectedRows;
  });
}
