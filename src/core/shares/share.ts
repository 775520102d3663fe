import type { Selectable, Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { isPassedOn, offerFacts, type Offer, type SharedOffer } from '#core/offers/index.js';
import { randomCode } from '#core/random-code.js';
import { originById, originFacts } from '#core/origins/index.js';
import { campaignFacts } from '#core/referral-campaigns/index.js';
import { giveIncentives, type Reward } from '#core/rewards/index.js';
import { personFacts, toSitePerson, type SitePerson } from '#core/site-people/index.js';
import { siteFacts } from '#core/sites/index.js';
import type { ShareTable, Tables } from '#core/tables.js';
import { publishEvent } from '#core/webhooks/index.js';

/** That an advocate passed an offer on. */
export interface Share {
  id: number;
  siteId: string;
  offerId: number;
  /** `email` is by letters of ours; others are links for the advocate's own hands. */
  channel: string;
  /** In its own link. */
  code: string;
  createdAt: Date;
}

/** Longer than those of offers, so that none is taken for the other. */
const CODE_LENGTH = 12;

export function toShare(row: Selectable<ShareTable>): Share {
  return {
    id: row.id,
    siteId: row.site_id,
    offerId: row.offer_id,
    channel: row.channel,
    code: row.code,
    createdAt: row.created_at,
  };
}

/** The advocate, locked until the transaction ends: what they share is counted one after the other. */
export async function lockAdvocate(tx: Transaction<Tables>, offer: Offer): Promise<SitePerson> {
  const row = await tx
    .selectFrom('site_people')
    .selectAll()
    .where('id', '=', offer.personId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  return toSitePerson(row);
}

/** @throws CoreError `share.ended` */
export function refuseEnded(shared: SharedOffer, at: Date): void {
  if (isPassedOn(shared, at)) return;
  throw new CoreError('share.ended', 'The offer is over, and cannot be passed on.');
}

export async function writeShare(
  tx: Transaction<Tables>,
  { offer, site }: SharedOffer,
  channel: string,
  at: Date,
): Promise<Share> {
  const code = randomCode(CODE_LENGTH);
  const row = await tx
    .insertInto('shares')
    .values({ site_id: site.id, offer_id: offer.id, channel, code, created_at: at })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toShare(row);
}

/** Tells of it, and gives the advocate what is promised for sharing; the first of it is answered. */
export async function tellOfShare(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock' | 'settings'>,
  shared: SharedOffer,
  told: { share: Share; advocate: SitePerson; link: string; recipients: string[]; at: Date },
): Promise<Reward[]> {
  const { offer, site, campaign } = shared;
  const { share, advocate, link, recipients, at } = told;
  const origin = await originById(tx, offer.originId);
  await publishEvent(tx, {
    ...{ accountId: site.accountId, mode: site.mode, siteId: site.id, type: 'offer.shared', at },
    subject: String(share.id),
    data: {
      ...{ ...siteFacts(site), campaign: campaignFacts(campaign), offer: offerFacts(core, offer) },
      ...{ person: personFacts(advocate), channel: share.channel, link, recipients, origin: originFacts(origin) },
    },
  });
  return giveIncentives(tx, core, site, { campaign, reason: 'shared', person: advocate, offerId: offer.id });
}
