import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { toOffer, type Offer } from '#core/offers/offer.js';
import type { Site } from '#core/sites/index.js';

/** @throws CoreError `offer.not_found` */
export async function findOffer(core: Pick<Core, 'db'>, site: Pick<Site, 'id'>, code: string): Promise<Offer> {
  const row = await core.db
    .selectFrom('offers')
    .selectAll()
    .where('code', '=', code)
    .where('site_id', '=', site.id)
    .executeTakeFirst();
  if (row === undefined) throw new CoreError('offer.not_found', 'No offer found by id.');
  return toOffer(row);
}
