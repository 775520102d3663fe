import { sql } from 'kysely';
import { CALLED_BACK_DAYS } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import type { Check } from '#core/doctor/run-checks.js';
import { listTrunks } from '#core/trunks/index.js';

const DAY_MS = 86_400_000;

/** Whether whoever calls back a number that campaigns call from can reach us, and opt out (rule 5). Nothing without campaigns. */
export async function* checkCallingBack(core: Pick<Core, 'db' | 'clock'>, accountId: string): AsyncGenerator<Check> {
  const name = 'calling back';
  const now = core.clock.now();
  const { rows } = await sql<{ number: string; ours: boolean }>`
    select sender as number, exists (
      select from numbers n where n.account_id = ${accountId} and n.mode = 'live' and n.number = sender) as ours
    from (
      select distinct unnest(senders) as sender from campaigns
      where account_id = ${accountId} and mode = 'live' and channel = 'voice'
        and started_at >= ${new Date(now - CALLED_BACK_DAYS * DAY_MS)}
    ) as used order by sender`.execute(core.db);
  if (rows.length === 0) return;
  const elsewhere = rows.filter(({ ours }) => !ours).map(({ number }) => number);
  if (elsewhere.length > 0) {
    yield {
      name,
      status: 'warn',
      message: `Campaigns call from numbers that are elsewhere: ${elsewhere.join(', ')}. Whoever calls back is not told here who it was, and cannot opt out by it: see to it where the numbers are, or call from numbers of your own.`,
    };
  } else if ((await listTrunks(core, { accountId })).length === 0) {
    yield {
      name,
      status: 'warn',
      message: `No trunk brings calls in, so whoever calls back reaches nobody: ${rows.map(({ number }) => number).join(', ')}.`,
    };
  } else {
    yield {
      name,
      status: 'ok',
      message: 'Whoever calls back a number of your campaigns is told who it was, if your trunk sends such calls here.',
    };
  }
}
