import type { Transaction } from 'kysely';
import type { Offer } from '#core/offers/index.js';
import { withCoupons, type Reward } from '#core/rewards/reward.js';
import type { SitePerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

/**
 * What a friend of another spelling of this address was given by the offer: a mailbox has one code of an offer, as its
 * advocate's has none. Undefined: nothing, or this spelling has its own.
 */
export async function rewardOfMailbox(
  tx: Transaction<Tables>,
  site: Site,
  offer: Offer,
  { id, email, mailbox }: SitePerson,
): Promise<Reward | undefined> {
  // Those of the offer are looked through: only for an address that is spelled in one of several ways.
  if (mailbox === null || email === mailbox) return undefined;
  const rows = await tx
    .selectFrom('rewards')
    .innerJoin('site_people', 'site_people.id', 'rewards.person_id')
    .selectAll('rewards')
    .where('rewards.site_id', '=', site.id)
    .where('offer_id', '=', offer.id)
    .where('mailbox', '=', mailbox)
    .where('reason', 'in', ['referred', 'click'])
    .where('kind', '=', 'discount_coupon')
    .where('status', '<>', 'voided')
    .orderBy('rewards.id')
    .execute();
  const [first] = rows;
  if (first === undefined || rows.some(({ person_id }) => person_id === id)) return undefined;
  return (await withCoupons({ db: tx }, site, [first]))[0];
}
