import { sql, type Selectable, type Transaction } from 'kysely';
import { networkOf } from '#core/network.js';
import { toOffer, type Offer } from '#core/offers/index.js';
import type { Origin } from '#core/origins/index.js';
import type { ReferralCampaign } from '#core/referral-campaigns/index.js';
import { TRACK_METHODS, type TrackMethod } from '#core/referrals/referral.js';
import type { SitePerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';
import type { OfferTable, Tables } from '#core/tables.js';

/** Why an origin may be an advocate's. */
export interface Clue {
  method: TrackMethod;
  offer: Offer;
  campaign: ReferralCampaign;
  /** By which the friend came, where they were seen to. */
  claim: ClaimSeen | null;
  channel: string | null;
  /** Whether it says by itself that the friend was brought: a code, a browser, what the shop said. Not what anybody can type. */
  confirmed: boolean;
}

export interface ClaimSeen {
  id: number;
  /** As the browser is known here, and as pages of the shop know it. */
  visitor: string | null;
  shopVisitor: string | null;
  ip: string | null;
  userAgent: string | null;
  expiresAt: Date | null;
  createdAt: Date;
}

/** Of each kind, the latest. */
const MOST_OF_A_KIND = 20;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** How far a shop's clock may be behind ours. */
const CLOCKS_MS = 300_000;

type ClueRow = Selectable<OfferTable> & {
  method: TrackMethod;
  claim_id: number | null;
  clue_channel: string | null;
  claim_visitor: string | null;
  claim_shop_visitor: string | null;
  claim_ip: string | null;
  claim_user_agent: string | null;
  claim_expires_at: Date | null;
  claim_created_at: Date | null;
  confirmed: boolean;
};

/** Of `earlier`, a referral: that it rests on more than what somebody typed, or somebody decided that it does. */
export const RESTS = sql`earlier.status not in ('voided', 'blocked') and (earlier.status <> 'flagged'
  or not earlier.fraud @> '[{"check": "unconfirmed_claim", "matched": true}]')`;

/** Of `earlier`: that it rested on more, and was voided as its order was refunded: they may order it again. */
const RETURNED = sql`earlier.status = 'voided' and earlier.decided_by = 'refund'
  and not earlier.fraud @> '[{"check": "unconfirmed_claim", "matched": true}]'`;

/** All that points to an advocate, the surest first, and of one kind the latest first. Each kind is read by an index. */
export async function cluesFor(
  tx: Transaction<Tables>,
  site: Site,
  { origin, person, campaigns }: { origin: Origin; person: SitePerson; campaigns: readonly ReferralCampaign[] },
): Promise<Clue[]> {
  const happened = origin.happenedAt.getTime();
  const until = new Date(happened + CLOCKS_MS);
  const cookieFrom = new Date(happened - site.settings.cookieDays * DAY_MS);
  const hourFrom = new Date(happened - HOUR_MS);
  if (origin.couponCodes.length > 0) await inTurns(tx, site, origin.couponCodes);
  const most = sql.lit(MOST_OF_A_KIND);
  const { rows } = await sql<ClueRow>`
    with clues as (
      (select 'sticky_advocate' as method, offer_id, null::bigint as claim_id, channel, id as place from referrals earlier
        where friend_id = ${person.id} and origin_id <> ${origin.id} and ${RESTS}
        order by id limit ${most})
      union all
      (select 'coupon', reward.offer_id, reward.claim_id, 'coupon', coupon.id from coupons coupon
        join rewards reward on reward.coupon_id = coupon.id and not reward.coupon_shared
        where coupon.site_id = ${site.id} and coupon.code = any(${origin.couponCodes}) and coupon.used_at is null
          and reward.reason in ('referred', 'click')
        order by coupon.id desc limit ${most})
      union all
      (select 'cookie', offer_id, id, channel, id from offer_claims
        where site_id = ${site.id} and visitor = ${origin.visitor}::uuid and created_at >= ${cookieFrom}
        order by id desc limit ${most})
      union all
      (select 'cookie', offer_id, id, channel, id from offer_claims
        where site_id = ${site.id} and shop_visitor = ${origin.visitor}::uuid and created_at >= ${cookieFrom}
        order by id desc limit ${most})
      union all
      (select 'web_cookie', claim.offer_id, claim.id, claim.channel, claim.id from visitors visitor
        cross join lateral (
          select * from offer_claims where site_id = ${site.id} and visitor = visitor.uuid
          union all
          select * from offer_claims where site_id = ${site.id} and shop_visitor = visitor.uuid
        ) as claim
        where visitor.person_id = ${person.id} and visitor.uuid is distinct from ${origin.visitor}::uuid
          and claim.created_at >= ${cookieFrom}
        order by claim.id desc limit ${most})
      union all
      (select 'gated_email', offer_id, id, channel, id from offer_claims
        where person_id = ${person.id} and created_at >= ${cookieFrom} order by id desc limit ${most})
      union all
      (select 'phone_number', claim.offer_id, claim.id, claim.channel, claim.id from site_people other
        join offer_claims claim on claim.person_id = other.id
        where other.site_id = ${site.id} and other.phone = ${person.phone} and other.id <> ${person.id}
          and claim.created_at >= ${cookieFrom}
        order by claim.id desc limit ${most})
      union all
      (select 'share_email', offer_id, null, 'email', share_id from share_recipients
        where site_id = ${site.id} and email = ${person.email} and sent_at between ${cookieFrom} and ${until}
        order by share_id desc limit ${most})
      union all
      (select 'ip_address', offer_id, id, channel, id from offer_claims
        where site_id = ${site.id} and ip = ${origin.ip} and created_at between ${hourFrom} and ${until}
          and (person_id is null or person_id = ${person.id})
        order by created_at desc limit ${most})
      union all
      (select 'event_chain', earlier.offer_id, null, earlier.channel, earlier.id from referrals earlier
        join origins event on event.id = earlier.origin_id and event.kind = 'event'
        where earlier.friend_id = ${person.id} and earlier.origin_id <> ${origin.id}
          and earlier.status not in ('voided', 'blocked') and earlier.created_at >= ${cookieFrom}
        order by earlier.id desc limit ${most})
    )
    select offer.*, clues.method, clues.claim_id, coalesce(claim.channel, clues.channel) as clue_channel,
      claim.visitor as claim_visitor, claim.shop_visitor as claim_shop_visitor,
      claim.ip as claim_ip, claim.user_agent as claim_user_agent,
      claim.expires_at as claim_expires_at, claim.created_at as claim_created_at,
      case
        -- Whom they were brought by before does not say that they were brought again.
        when clues.method = 'sticky_advocate' then false
        when clues.method = 'event_chain' then exists (select from referrals earlier where earlier.id = clues.place and ${RESTS})
        -- The shop's server said so, from no address; or they bought by it before.
        when clues.method in ('gated_email', 'phone_number') then (claim.ip is null and claim.visitor is not null) or exists (
          select from referrals earlier where earlier.friend_id = ${person.id} and earlier.claim_id = claim.id
            and (${RESTS} or ${RETURNED})
        )
        else true
      end as confirmed
    from clues
    join offers offer on offer.id = clues.offer_id and offer.site_id = ${site.id}
    join site_people advocate on advocate.id = offer.person_id and advocate.anonymized_at is null
    left join offer_claims claim on claim.id = clues.claim_id
    where (claim.id is null or claim.created_at <= ${until})
      -- An advocate who says who they are at their own link is no friend of their own.
      and not (clues.method in ('gated_email', 'phone_number') and claim.person_id = offer.person_id)
    order by array_position(${[...TRACK_METHODS]}::text[], clues.method),
      case when clues.method = 'sticky_advocate' then clues.place else -clues.place end`.execute(tx);
  const byId = new Map(campaigns.map((campaign) => [campaign.id, campaign]));
  return rows.flatMap((row) => {
    const campaign = byId.get(row.campaign_id);
    if (campaign === undefined) return [];
    const { method, clue_channel: channel } = row;
    // What was typed where the origin came from was typed by whoever it is of.
    const confirmed = row.confirmed || isOneNetwork(row.claim_ip, origin.ip);
    return { method, offer: toOffer(row), campaign, claim: claimOf(row), channel, confirmed };
  });
}

/**
 * A code that is for one person brings one origin: of several with it at once, each sees what the one before it used. The
 * rows themselves are locked last, as everywhere.
 */
async function inTurns(tx: Transaction<Tables>, site: Site, codes: readonly string[]): Promise<void> {
  await sql`
    select pg_advisory_xact_lock(hashtextextended('coupon ' || id, 0)) from (
      select coupon.id from coupons coupon join coupon_lists list on list.id = coupon.list_id and list.single_use
      where coupon.site_id = ${site.id} and coupon.code = any(${codes}) and coupon.used_at is null order by coupon.id
    ) as unused`.execute(tx);
}

function isOneNetwork(one: string | null, other: string | null): boolean {
  return one !== null && other !== null && networkOf(one) === networkOf(other);
}

function claimOf(row: ClueRow): ClaimSeen | null {
  if (row.claim_id === null || row.claim_created_at === null) return null;
  return {
    id: row.claim_id,
    visitor: row.claim_visitor,
    shopVisitor: row.claim_shop_visitor,
    ip: row.claim_ip,
    userAgent: row.claim_user_agent,
    expiresAt: row.claim_expires_at,
    createdAt: row.claim_created_at,
  };
}
