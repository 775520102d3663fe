import type { Core } from '#core/core.js';
import type { SharedOffer } from '#core/offers/index.js';
import type { FilledIn } from '#core/shares/index.js';
import { personById } from '#core/site-people/index.js';

/** What the words of a campaign say to a friend who came by this link. */
export async function filledIn(core: Core, { site, offer }: SharedOffer, link: string): Promise<FilledIn> {
  return { link, advocate: await personById(core, site, offer.personId) };
}
