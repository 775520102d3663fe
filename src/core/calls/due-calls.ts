import { sql, type Transaction } from 'kysely';
import type { DialCapacity } from '#core/calls/dial-capacity.js';
import type { Mode, Tables } from '#core/tables.js';

/** A call that could be dialled now, and what is known of where it goes. */
export interface DueCall {
  id: string;
  account_id: string;
  mode: Mode;
  campaign_id: string | null;
  /** Where it goes: where it was placed to, or where a redirect sent it. */
  number: string;
  tried_trunks: string[];
  our_number: string | null;
  phone_of_number: string | null;
  phone_by_name: string | null;
}

const BATCH = 100;
/** Of one queue. Those behind are looked at when some of these have left, so that a long queue costs no more than a short one. */
const LOOKED_AT = 200;

/**
 * Due calls that accounts and trunks have room for, so that one full trunk holds nobody else up; locked. Those of one
 * account, mode and priority are a queue, and those of one campaign. Of queues with the same priority the one goes first of
 * which the fewest calls are under way (rule 2).
 */
export async function dueCalls(tx: Transaction<Tables>, now: Date, capacity: DialCapacity): Promise<DueCall[]> {
  const ways = capacity.waysByPrefix;
  const { rows } = await sql<DueCall>`
    with recursive queues (account_id, mode, priority, campaign) as (
      -- From the first of each queue to the first of the next, by the index calls_queues.
      (select account_id, mode, priority, coalesce(campaign_id, '') from calls
      where status = 'queued' and node_id is null
      order by account_id, mode, priority, coalesce(campaign_id, '') limit 1)
      union all
      select next.* from queues q cross join lateral (
        select c.account_id, c.mode, c.priority, coalesce(c.campaign_id, '') from calls c
        where c.status = 'queued' and c.node_id is null
          and (c.account_id, c.mode, c.priority, coalesce(c.campaign_id, ''))
            > (q.account_id, q.mode, q.priority, q.campaign)
        order by c.account_id, c.mode, c.priority, coalesce(c.campaign_id, '') limit 1
      ) next
    ),
    busy as materialized (
      select account_id, mode, priority, coalesce(campaign_id, '') as campaign, count(*) as calls
      from calls where node_id is not null group by 1, 2, 3, 4
    ),
    ways as materialized (
      select * from unnest(
        ${ways.map(({ trunk }) => trunk)}::text[], ${ways.map(({ owner }) => owner)}::text[],
        ${ways.map(({ prefix }) => prefix)}::text[], ${ways.map(({ open }) => open)}::boolean[],
        ${ways.map(({ openToCampaigns }) => openToCampaigns)}::boolean[]
      ) as way (trunk, owner, prefix, open, open_to_campaigns)
    ),
    fit as (
      select c.id, to_.number, n.number as our_number, n.phone_id as phone_of_number, p.id as phone_by_name, q.priority,
        c.due_at, coalesce(busy.calls, 0) + row_number() over (
          partition by q.account_id, q.mode, q.priority, q.campaign order by c.due_at, c.id) as turn
      from queues q
      cross join lateral (
        select c.id, c.due_at, c.dialed_number, c.to_number, c.tried_trunks from calls c
        where c.status = 'queued' and c.node_id is null and c.account_id = q.account_id and c.mode = q.mode
          and c.priority = q.priority and coalesce(c.campaign_id, '') = q.campaign and c.due_at <= ${now}
        order by c.due_at limit ${LOOKED_AT}
      ) c
      cross join lateral (select coalesce(c.dialed_number, c.to_number) as number) to_
      left join busy using (account_id, mode, priority, campaign)
      left join numbers n on n.number = to_.number and n.mode = 'live'
      left join phones p on p.account_id = q.account_id and p.name = to_.number
      where not (q.account_id || ':' || q.mode = any(
          case when q.campaign = '' then ${capacity.waitingAccounts('other')}::text[]
            else ${capacity.waitingAccounts('campaign')}::text[] end))
        and (q.mode = 'test' or n.number is not null or p.id is not null or (
          -- Without any trunk it ends at once, and so is not left out.
          select coalesce(bool_or(case when q.campaign = '' then way.open else way.open_to_campaigns end), true)
          from ways way
          where starts_with(to_.number, way.prefix) and (way.owner is null or way.owner = q.account_id)
            and way.trunk <> all(c.tried_trunks)))
    ),
    picked as materialized (select * from fit order by priority, turn, due_at limit ${BATCH})
    select c.id, c.account_id, c.mode, c.campaign_id, c.tried_trunks,
      picked.number, picked.our_number, picked.phone_of_number, picked.phone_by_name
    from picked
    -- One by one by their key: a join of any other kind would read the whole table.
    cross join lateral (
      select c.id, c.account_id, c.mode, c.campaign_id, c.tried_trunks from calls c
      where c.id = picked.id and c.status = 'queued' and c.node_id is null
      for update skip locked
    ) c
    order by picked.priority, picked.turn, picked.due_at`.execute(tx);
  return rows;
}
