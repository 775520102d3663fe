import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import type { Event, EventType } from '#core/events.js';
import { offerFacts, toOffer, type Offer } from '#core/offers/index.js';
import { originFacts, toOrigin, type Origin } from '#core/origins/index.js';
import { campaignFacts, findReferralCampaign, type ReferralCampaign } from '#core/referral-campaigns/index.js';
import { referralFacts, type Referral } from '#core/referrals/referral.js';
import { rewardFacts, type Reward } from '#core/rewards/index.js';
import { personById, personFacts, type SitePerson } from '#core/site-people/index.js';
import { siteFacts, type Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';
import { publishEvent } from '#core/webhooks/index.js';

/** What a referral is about. */
export interface ReferralScene {
  campaign: ReferralCampaign;
  offer: Offer;
  advocate: SitePerson;
  friend: SitePerson;
  origin: Origin;
}

export async function sceneOf(tx: Transaction<Tables>, site: Site, referral: Referral): Promise<ReferralScene> {
  const { campaignId, offerId, advocateId, friendId, originId } = referral;
  const offer = await tx.selectFrom('offers').selectAll().where('id', '=', offerId).executeTakeFirstOrThrow();
  const origin = await tx.selectFrom('origins').selectAll().where('id', '=', originId).executeTakeFirstOrThrow();
  return {
    campaign: await findReferralCampaign({ db: tx }, site, campaignId),
    offer: toOffer(offer),
    advocate: await personById({ db: tx }, site, advocateId),
    friend: await personById({ db: tx }, site, friendId),
    origin: toOrigin(origin),
  };
}

/** Publishes an event of a referral. Wake the deliveries after it. */
export function tellOfReferral(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock' | 'settings'>,
  site: Site,
  type: Extract<EventType, `referral.${string}`>,
  { referral, scene, rewards }: { referral: Referral; scene: ReferralScene; rewards: readonly Reward[] },
): Promise<Event> {
  const at = new Date(core.clock.now());
  const given = (reason: 'referrer' | 'referred') => rewards.filter((one) => one.reason === reason).map(rewardFacts);
  return publishEvent(tx, {
    ...{ accountId: site.accountId, mode: site.mode, siteId: site.id, type, subject: String(referral.id), at },
    data: {
      ...siteFacts(site),
      referral: referralFacts(referral),
      campaign: campaignFacts(scene.campaign),
      offer: offerFacts(core, scene.offer),
      advocate: personFacts(scene.advocate),
      friend: personFacts(scene.friend),
      origin: originFacts(scene.origin),
      advocateRewards: given('referrer'),
      friendRewards: given('referred'),
    },
  });
}
