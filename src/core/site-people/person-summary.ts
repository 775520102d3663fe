import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import type { SitePerson } from '#core/site-people/site-person.js';

/** What somebody did and was given, counted. */
export interface PersonSummary {
  events: number;
  /** Which they brought. */
  referrals: { total: number; approved: number; pending: number };
  rewards: number;
  shares: number;
  /** Of the first offer that friends can still come by. */
  offerCode: string | null;
  /** Addresses: of whoever passed an offer on to them last, and of whoever brought them last. */
  lastInvitedBy: string | null;
  referredBy: string | null;
}

interface Row {
  events: number;
  total: number;
  approved: number;
  pending: number;
  rewards: number;
  shares: number;
  offer_code: string | null;
  last_invited_by: string | null;
  referred_by: string | null;
}

/** In one look; each part by an index. */
export async function summarizePerson(core: Pick<Core, 'db' | 'clock'>, person: SitePerson): Promise<PersonSummary> {
  const { id, siteId, email } = person;
  const { rows } = await sql<Row>`
    select
      (select count(*) from origins where person_id = ${id} and kind = 'event') as events,
      brought.total, brought.approved, brought.pending,
      (select count(*) from rewards where person_id = ${id}) as rewards,
      (select count(*) from shares where offer_id in (select id from offers where person_id = ${id})) as shares,
      (select code from offers
        where person_id = ${id} and (expires_at is null or expires_at > ${new Date(core.clock.now())})
          and campaign_id in (select id from referral_campaigns where site_id = ${siteId} and status <> 'disabled')
        order by id limit 1) as offer_code,
      (select advocate.email from (
          (select offer_id, created_at as at from offer_claims
            where person_id = ${id} and offer_id not in (select id from offers where person_id = ${id})
            order by id desc limit 1)
          union all
          (select offer_id, sent_at from share_recipients
            where site_id = ${siteId} and email = ${email} order by sent_at desc limit 1)
        ) as invited
        join offers on offers.id = invited.offer_id join site_people as advocate on advocate.id = offers.person_id
        order by invited.at desc limit 1) as last_invited_by,
      (select advocate.email from referrals join site_people as advocate on advocate.id = referrals.advocate_id
        where friend_id = ${id} and referrals.status not in ('voided', 'blocked')
        order by referrals.id desc limit 1) as referred_by
    from (
      select count(*) as total, count(*) filter (where status = 'approved') as approved,
        count(*) filter (where status = 'pending') as pending
      from referrals where advocate_id = ${id}
    ) as brought`.execute(core.db);
  const [row] = rows;
  if (row === undefined) throw new Error('a summary of nobody');
  return {
    events: Number(row.events),
    referrals: { total: Number(row.total), approved: Number(row.approved), pending: Number(row.pending) },
    rewards: Number(row.rewards),
    shares: Number(row.shares),
    offerCode: row.offer_code,
    lastInvitedBy: row.last_invited_by,
    referredBy: row.referred_by,
  };
}
