import { sql } from 'kysely';
import type { Db } from '#core/core.js';
import { inBatches } from '#core/retention/in-batches.js';
import type { Aged } from '#core/retention/kept-days.js';

/** At a time, so that a long absence does not end in one huge transaction. */
const BATCH = 500;

/** Takes the words that seemed to revoke out of the ledger; what they stopped stays so. Gives how many entries. */
export function purgeReviewTexts(db: Db, { accountId, before }: Aged): Promise<number> {
  return inBatches(BATCH, async () => {
    const { numAffectedRows } = await sql`
      update suppressions set review_text = null where id in (
        select id from suppressions where account_id = ${accountId} and review_text is not null and created_at < ${before}
        order by created_at limit ${BATCH})`.execute(db);
    return numAffectedRows;
  });
}

/** Takes out of calls what was said, the voice alone stays; numbers, states and times too. Gives how many calls. */
export function purgeCallWords(db: Db, { accountId, before }: Aged): Promise<number> {
  return inBatches(BATCH, async () => {
    const { numAffectedRows } = await sql`
      update calls set script = jsonb_build_object('kind', 'message', 'voice', script->'voice', 'keys', '{}'::jsonb)
      where id in (
        select id from calls where account_id = ${accountId} and ended_at is not null and script ? 'message'
          and ended_at < ${before}
        order by ended_at limit ${BATCH})`.execute(db);
    return numAffectedRows;
  });
}

/**
 * What stays of an event is id, type and time; one that is still on its way, or that rewards wait for, is left alone.
 * Gives how many events.
 */
export function purgeEventBodies(db: Db, { accountId, before }: Aged): Promise<number> {
  return inBatches(BATCH, async () => {
    const { numAffectedRows } = await sql`
      update events set data = '{}' where id in (
        select id from events where account_id = ${accountId} and data <> '{}' and created_at < ${before}
          and not exists (select from deliveries where event_id = events.id and status = 'pending')
          and not exists (select from referrals where awaits_event = events.id)
        order by created_at limit ${BATCH})`.execute(db);
    return numAffectedRows;
  });
}

/** Takes out of the recipients of campaigns what was filled into their messages. Gives how many campaigns. */
export function purgeRecipientWords(db: Db, now: Date, { accountId, before }: Aged): Promise<number> {
  return inBatches(1, async () => {
    const campaign = await db
      .selectFrom('campaigns')
      .select('id')
      .where('account_id', '=', accountId)
      .where('ended_at', '<', before)
      .where('forgotten_at', 'is', null)
      .orderBy('ended_at')
      .limit(1)
      .executeTakeFirst();
    if (campaign === undefined) return 0n;
    for (let after = 0; ;) {
      const { rows } = await sql<{ position: number }>`
        with batch as (
          select position from campaign_recipients where campaign_id = ${campaign.id} and position > ${after}
          order by position limit ${RECIPIENTS}),
        emptied as (
          update campaign_recipients set variables = '{}'
          where campaign_id = ${campaign.id} and position in (select position from batch) and variables <> '{}')
        select max(position) as position from batch having count(*) > 0`.execute(db);
      if (rows[0] === undefined) break;
      after = rows[0].position;
    }
    await db.updateTable('campaigns').set({ forgotten_at: now }).where('id', '=', campaign.id).execute();
    return 1n;
  });
}

const RECIPIENTS = 5000;
