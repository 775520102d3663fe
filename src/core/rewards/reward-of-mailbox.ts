import { sql, type Transaction } from 'kysely';
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
  { id, mailbox }: SitePerson,
): Promise<Reward | undefined> {
  if (mailbox === null) return undefined;
  const { rows: spelled } = await sql<{ id: number }>`
    select id from site_people where site_id = ${site.id} and email = ${mailbox}
    union all
    select id from site_people where site_id = ${site.id} and mailbox = ${mailbox} and mailbox <> email`.execute(tx);
  if (spelled.every((one) => one.id === id)) return undefined;
  const rows = await tx
    .selectFrom('rewards')
    .selectAll()
    .where('site_id', '=', site.id)
    .where('offer_id', '=', offer.id)
    .where(
      'person_id',
      'in',
      spelled.map((one) => one.id),
    )
    .where('reason', 'in', ['referred', 'click'])
    .where('kind', '=', 'discount_coupon')
    .where('status', '<>', 'voided')
    .orderBy('id')
    .execute();
  const [first] = rows;
  if (first === undefined || rows.some(({ person_id }) => person_id === id)) return undefined;
  return (await withCoupons({ db: tx }, site, [first]))[0];
}
