import Type from 'typebox';
import { ClaimLinks, OfferObject, presentClaimLinks, presentOffer } from '#apis/referrals/present-offer.js';
import type { SiteTable } from '#apis/referrals/site-table.js';
import { checkLinkChannels, findSharedOffer, isClaimLinkOpen } from '#core/offers/index.js';

const OfferCode = Type.Object({
  short_url_code: Type.String({ description: 'Of the offer, as in its links.', examples: ['k7m2p9x4qa'] }),
});

const Channel = Type.String({ maxLength: 50 });
const Channels = Type.Optional(
  Type.Union([Type.Array(Channel, { maxItems: 20 }), Channel], {
    description: 'The channels whose links are answered.',
  }),
);

export function offerRoutes(table: SiteTable): void {
  table.get('/offers/:short_url_code', {
    id: 'findOffer',
    summary: 'Find an advocate’s offer',
    tag: 'Offers',
    scope: 'referrals:read',
    params: OfferCode,
    query: Type.Object({ 'sharing_channels[]': Channels, sharing_channels: Channels }),
    returns: Type.Object({ offer: OfferObject, claim_links: Type.Optional(ClaimLinks) }),
    async handle({ core, site, params, query }) {
      const named = query['sharing_channels[]'] ?? query.sharing_channels;
      const channels = named === undefined ? undefined : checkLinkChannels([named].flat());
      const { offer, campaign } = await findSharedOffer(core, site, params.short_url_code);
      return {
        offer: await presentOffer(core, site, offer, campaign),
        ...(channels === undefined ? {} : { claim_links: presentClaimLinks(core, offer, channels) }),
      };
    },
  });
  table.get('/offers/:short_url_code/claim_url_status', {
    id: 'claimUrlStatus',
    summary: 'Check the status of an offer’s claim link',
    description: '`active`: friends can come by it now. Without `claim_url` it is the offer’s own.',
    tag: 'Offers',
    scope: 'referrals:read',
    params: OfferCode,
    query: Type.Object({ claim_url: Type.Optional(Type.String({ maxLength: 2000 })) }),
    returns: Type.Object({ active: Type.Boolean() }),
    async handle({ core, site, params, query }) {
      const shared = await findSharedOffer(core, site, params.short_url_code);
      return { active: await isClaimLinkOpen(core, shared, query.claim_url) };
    },
  });
}
