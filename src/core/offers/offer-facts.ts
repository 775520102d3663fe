import type { Core } from '#core/core.js';
import { advocatePage, claimLink } from '#core/offers/links.js';
import type { Offer } from '#core/offers/offer.js';

/** What events say of an offer. */
export function offerFacts(core: Pick<Core, 'settings'>, offer: Offer): Record<string, unknown> {
  return {
    id: offer.id,
    code: offer.code,
    claimLink: claimLink(core, offer),
    advocatePage: advocatePage(core, offer),
    trafficSource: offer.trafficSource,
    expiresAt: offer.expiresAt?.toISOString() ?? null,
    createdAt: offer.createdAt.toISOString(),
  };
}
