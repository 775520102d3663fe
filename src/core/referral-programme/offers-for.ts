import { sql, type Selectable, type Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { advocateEnd, offerEnd, offerFacts, toOffer, type Offer, type SharedOffer } from '#core/offers/index.js';
import { originFacts, type Origin } from '#core/origins/index.js';
import { randomCode } from '#core/random-code.js';
import { campaignFacts, isOpen, type ReferralCampaign } from '#core/referral-campaigns/index.js';
import { joins } from '#core/referral-programme/joins.js';
import { giveIncentives } from '#core/rewards/index.js';
import { personFacts, standingOf, type SitePerson } from '#core/site-people/index.js';
import { siteFacts, type Site } from '#core/sites/index.js';
import type { OfferTable, Tables } from '#core/tables.js';
import { publishEvent } from '#core/webhooks/index.js';

/** 49 bits: a thousand million offers, and a new one meets none of them but once in half a million times. */
const CODE_LENGTH = 10;

/** Who joins, by what, and all the campaigns of the site. */
interface Joining {
  person: SitePerson;
  origin: Origin;
  campaigns: readonly ReferralCampaign[];
  /** It was not told before: what is over begins anew. */
  isNew: boolean;
}

/**
 * What somebody can pass on from now on, as this origin joined them: one offer of each open campaign that takes it, the
 * same for good, and told of once. Gives the first; null: no campaign takes it. Their row must be locked.
 */
export async function offersFor(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock' | 'settings'>,
  site: Site,
  { person, origin, campaigns: all, isNew }: Joining,
): Promise<SharedOffer | null> {
  const at = new Date(core.clock.now());
  const campaigns: ReferralCampaign[] = [];
  for (const campaign of all.filter((one) => isOpen(one, site, at)))
    if (await joins(tx, campaign, person, origin, at)) campaigns.push(campaign);
  if (campaigns.length === 0) return null;
  const offers = await makeOffers(tx, campaigns, person, origin, at);
  for (const campaign of campaigns) {
    const { offer, made } = offers.get(campaign.id) ?? {};
    if (offer === undefined) continue;
    if (made !== true) {
      if (isNew) offers.set(campaign.id, { offer: await renew(tx, offer, campaign, at), made: false });
      continue;
    }
    const standing = await standingOf(tx, person.id);
    await publishEvent(tx, {
      ...{ accountId: site.accountId, mode: site.mode, siteId: site.id, type: 'advocate.joined', at },
      subject: String(offer.id),
      data: {
        ...siteFacts(site),
        campaign: campaignFacts(campaign),
        offer: offerFacts(core, offer),
        person: personFacts(person),
        origin: originFacts(origin),
        standing,
      },
    });
    const given = { campaign, person, offerId: offer.id, originId: origin.id };
    await giveIncentives(tx, core, site, { ...given, reason: 'signup' });
  }
  const [campaign] = campaigns;
  const offer = campaign && offers.get(campaign.id)?.offer;
  if (campaign === undefined || offer === undefined) return null;
  if (origin.visitor !== null) await showIn(tx, offer, origin.visitor, at);
  return { offer, site, campaign };
}

interface Made {
  offer: Offer;
  /** Or it was there already. */
  made: boolean;
}

/** Theirs of each campaign, whether they had it or not. */
async function makeOffers(
  tx: Transaction<Tables>,
  campaigns: readonly ReferralCampaign[],
  person: SitePerson,
  origin: Origin,
  at: Date,
): Promise<Map<number, Made>> {
  const rows = campaigns.map((campaign) => ({
    campaign_id: campaign.id,
    code: randomCode(CODE_LENGTH),
    expires_at: offerEnd(campaign, at),
  }));
  const { rows: found } = await sql<Selectable<OfferTable> & { made: boolean }>`
    with made as (
      insert into offers (site_id, campaign_id, person_id, origin_id, code, traffic_source, expires_at, created_at)
      select ${person.siteId}, campaign_id, ${person.id}::bigint, ${origin.id}::bigint, code, ${origin.trafficSource},
        expires_at, ${at}::timestamptz
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as wanted(campaign_id bigint, code text, expires_at timestamptz)
      on conflict (person_id, campaign_id) do nothing
      returning *
    )
    select *, true as made from made
    union all
    select *, false from offers
    where person_id = ${person.id} and campaign_id = any(${campaigns.map(({ id }) => id)})`.execute(tx);
  return new Map(found.map((row) => [row.campaign_id, { offer: toOffer(row), made: row.made }]));
}

/** Of whoever joins again when they cannot pass it on any more, it begins anew under the same code. */
async function renew(tx: Transaction<Tables>, offer: Offer, campaign: ReferralCampaign, at: Date): Promise<Offer> {
  const end = advocateEnd(offer, campaign);
  if (end === null || end > at) return offer;
  const row = await tx
    .updateTable('offers')
    .set({ expires_at: offerEnd(campaign, at) })
    .where('id', '=', offer.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  return toOffer(row);
}

async function showIn(tx: Transaction<Tables>, offer: Offer, visitor: string, at: Date): Promise<void> {
  await tx
    .insertInto('visitor_offers')
    .values({ site_id: offer.siteId, offer_id: offer.id, visitor, created_at: at })
    .onConflict((conflict) => conflict.columns(['offer_id', 'visitor']).doNothing())
    .execute();
}
