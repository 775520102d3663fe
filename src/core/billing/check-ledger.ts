import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { firstIdAt } from '#core/ids.js';

export interface LedgerViolation {
  accountId: string;
  /** What the entry is for, where it is one thing. */
  reference: string | null;
  problem: string;
}

const TERMINAL = ['completed', 'no_answer', 'busy', 'rejected', 'failed', 'canceled', 'voicemail'];

/**
 * The invariants of the ledger. Every entry follows the one before it, and the last says what the wallet says; an ended
 * call, text or verification holds nothing; an answered live call that left by a trunk, a live text that a carrier took
 * and a live code that was heard are charged exactly once, and no others are. Looks at what was entered or ended since `since`, of texts at those made since; without it at everything, and sums it up. Empty when all is well.
 */
export async function checkLedger(core: Pick<Core, 'db'>, since?: Date): Promise<LedgerViolation[]> {
  const from = since ?? new Date(0);
  const found = [
    ...(await brokenChains(core, from)),
    ...(await holdsOfWhatEnded(core, from)),
    ...(await wrongCharges(core, from)),
  ];
  return since === undefined ? [...found, ...(await wrongSums(core))] : found;
}

async function brokenChains({ db }: Pick<Core, 'db'>, from: Date): Promise<LedgerViolation[]> {
  const { rows } = await sql<LedgerViolation>`
    with entries as (
      select e.account_id, e.reference, e.sequence, e.amount, e.balance_after,
        (select p.balance_after from ledger_entries p
          where p.account_id = e.account_id and p.sequence < e.sequence
          order by p.sequence desc limit 1) as before,
        lead(e.sequence) over (partition by e.account_id order by e.sequence) as next
      from ledger_entries e where e.created_at >= ${from}
    )
    select account_id as "accountId", reference, 'the balance ' || balance_after || ' does not follow' as problem
    from entries where balance_after <> coalesce(before, 0) + amount
    union all
    select e.account_id, null, 'the wallet says ' || coalesce(w.balance::text, 'nothing') || ', the last entry '
      || e.balance_after
    from entries e left join wallets w using (account_id)
    where e.next is null and w.balance is distinct from e.balance_after`.execute(db);
  return rows;
}

async function holdsOfWhatEnded({ db }: Pick<Core, 'db'>, from: Date): Promise<LedgerViolation[]> {
  const { rows } = await sql<LedgerViolation>`
    with ended as (
      select id, account_id from calls where ended_at >= ${from}
      union all select id, account_id from verifications where ended_at >= ${from}
      union all select id, account_id from messages where ended_at >= ${from} and id >= ${firstIdAt('sms', from.getTime())}
    )
    select e.account_id as "accountId", ended.id as reference, 'ended, and still holds ' || -sum(e.amount) as problem
    from ended join ledger_entries e on e.account_id = ended.account_id and e.reference = ended.id
    where e.kind in ('hold', 'release')
    group by e.account_id, ended.id having sum(e.amount) <> 0`.execute(db);
  return rows;
}

async function wrongCharges({ db }: Pick<Core, 'db'>, from: Date): Promise<LedgerViolation[]> {
  const { rows } = await sql<LedgerViolation>`
    with ended as (
      select c.id, c.account_id,
        c.mode = 'live' and c.direction = 'out' and c.trunk_id is not null and c.answered_at is not null
          and c.purpose not in ('emergency', 'verification') and c.status = any(${TERMINAL}) as used
      from calls c where c.ended_at >= ${from}
      union all
      select v.id, v.account_id, v.mode = 'live' and v.channel = 'voice' and v.delivered_at is not null
      from verifications v where v.ended_at >= ${from} or v.delivered_at >= ${from}
      union all
      select m.id, m.account_id, m.mode = 'live' and m.direction = 'out' and m.sent_at is not null
      from messages m
      where m.id >= ${firstIdAt('sms', from.getTime())} and (m.sent_at >= ${from} or m.ended_at >= ${from})
    )
    select ended.account_id as "accountId", ended.id as reference,
      'charged ' || count(e.id) || ' times' as problem
    from ended left join ledger_entries e
      on e.account_id = ended.account_id and e.reference = ended.id and e.kind = 'charge'
    group by ended.account_id, ended.id, ended.used
    having count(e.id) <> case when ended.used then 1 else 0 end`.execute(db);
  return rows;
}

async function wrongSums({ db }: Pick<Core, 'db'>): Promise<LedgerViolation[]> {
  const { rows } = await sql<LedgerViolation>`
    with sums as (
      select account_id, sum(amount) as balance,
        -coalesce(sum(amount) filter (where kind in ('hold', 'release')), 0) as held,
        coalesce(sum(amount) filter (where kind = 'postpaid'), 0) as owed
      from ledger_entries group by account_id
    )
    select w.account_id as "accountId", null as reference, wrong.problem
    from wallets w left join sums s using (account_id), lateral (values
      (w.balance - coalesce(s.balance, 0), 'balance'), (w.held - coalesce(s.held, 0), 'held'),
      (w.owed - coalesce(s.owed, 0), 'owed')
    ) as difference (amount, what), lateral (select what || ' differs by ' || difference.amount as problem) as wrong
    where difference.amount <> 0`.execute(db);
  return rows;
}
