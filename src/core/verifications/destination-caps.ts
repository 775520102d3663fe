import { sql, type Transaction } from 'kysely';
import { CoreError } from '#core/errors.js';
import type { DestinationCaps } from '#core/verifications/policy.js';
import type { Tables } from '#core/tables.js';

const HOUR_S = 3600;
const DAY_S = 86_400;

interface Sent {
  last: Date | null;
  hour: number;
  day: number;
}

/**
 * Refuses a code for a number that had too many: cooldown, then hour, then day, of the account and then over all
 * accounts. The caller holds the number's lock, so that the counts are exact however many ask at once.
 * @throws CoreError `verification.rate_limited`
 */
export async function checkCaps(
  tx: Transaction<Tables>,
  input: { accountId: string; to: string; now: Date; policy: DestinationCaps; ceiling: DestinationCaps },
): Promise<void> {
  const { accountId, to, now } = input;
  const hourAgo = new Date(now.getTime() - HOUR_S * 1000);
  const dayAgo = new Date(now.getTime() - DAY_S * 1000);
  const { rows } = await sql<Sent & { all_last: Date | null; all_hour: number; all_day: number }>`
    select max(created_at) filter (where account_id = ${accountId}) as last,
      (count(*) filter (where account_id = ${accountId} and created_at > ${hourAgo}))::int as hour,
      (count(*) filter (where account_id = ${accountId}))::int as day,
      max(created_at) as all_last,
      (count(*) filter (where created_at > ${hourAgo}))::int as all_hour,
      count(*)::int as all_day
    from verifications
    where to_number = ${to} and mode = 'live' and counted and created_at > ${dayAgo}`.execute(tx);
  const sent = rows[0];
  if (sent === undefined) return;
  refuseOver(sent, input.policy, now);
  refuseOver({ last: sent.all_last, hour: sent.all_hour, day: sent.all_day }, input.ceiling, now);
}

function refuseOver(sent: Sent, caps: DestinationCaps, now: Date): void {
  const sinceLastMs = sent.last === null ? Infinity : now.getTime() - sent.last.getTime();
  const cooldownLeft = Math.ceil(caps.cooldownSeconds - sinceLastMs / 1000);
  if (cooldownLeft > 0) throw rateLimited('A code for this number was asked for a moment ago.', cooldownLeft);
  if (sent.hour >= caps.perHour) throw rateLimited(`This number had ${sent.hour} codes within an hour.`, HOUR_S);
  if (sent.day >= caps.perDay) throw rateLimited(`This number had ${sent.day} codes within a day.`, DAY_S);
}

/** The delay stands in the message too, where documented clients look for it. */
export function rateLimited(why: string, retryAfterSeconds: number): CoreError {
  return new CoreError('verification.rate_limited', `${why} Retry after ${retryAfterSeconds}s.`, { retryAfterSeconds });
}
