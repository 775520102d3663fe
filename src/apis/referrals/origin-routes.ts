import Type, { type Static, type TObject, type TSchema } from 'typebox';
import { HttpProblem } from '#apis/http/index.js';
import { compileValidator } from '#apis/http/validate.js';
import { AffiliateMemberData, AnyData, EventData, PurchaseData, readOrigin } from '#apis/referrals/origin-data.js';
import { ClaimLinks, OfferObject, presentClaimLinks, presentOffer } from '#apis/referrals/present-offer.js';
import {
  AffiliateMemberObject,
  EventObject,
  OriginObject,
  presentOrigin,
  PurchaseObject,
  SHOWN_TYPE,
} from '#apis/referrals/present-origin.js';
import type { SiteHandling, SiteTable } from '#apis/referrals/site-table.js';
import { CoreError } from '#core/errors.js';
import { checkLinkChannels } from '#core/offers/index.js';
import { ORIGIN_KINDS } from '#core/referral-words.js';
import { createOrigin } from '#core/referral-programme/index.js';
import type { OriginKind } from '#core/tables.js';

const MaybeOffer = Type.Union([OfferObject, Type.Null()]);
const answerOf = <T extends TSchema>(origin: T) =>
  Type.Object({ origin, offer: MaybeOffer, claim_links: Type.Optional(ClaimLinks) });

/** What each kind must have, and nothing else. */
const CHECKS = {
  affiliate_member: compileValidator(inBody(AffiliateMemberData), 'body'),
  purchase: compileValidator(inBody(PurchaseData), 'body'),
  event: compileValidator(inBody(EventData), 'body'),
} satisfies Record<OriginKind, unknown>;

export function originRoutes(table: SiteTable): void {
  const shared = { tag: 'Origins', scope: 'referrals:write', status: 201 } as const;
  table.post('/origins', {
    ...shared,
    id: 'createOrigin',
    summary: 'Create an origin',
    description: 'A purchase, an event, or somebody who wants to recommend the shop. The same again answers the same.',
    body: Type.Object(
      { type: Type.String({ examples: ['Purchase'] }), data: AnyData },
      {
        additionalProperties: false,
        examples: [{ type: 'Purchase', data: { email: 'tom@example.com', order_number: '100012', subtotal: 30 } }],
      },
    ),
    returns: answerOf(OriginObject),
    async handle(handling) {
      const { type, data } = handling.body;
      const kind = ORIGIN_KINDS.find((one) => SHOWN_TYPE[one] === type);
      if (kind === undefined) {
        const types = Object.values(SHOWN_TYPE).map((one) => `"${one}"`);
        const message = `\`type\` must be within [${types.join(', ')}]`;
        throw new HttpProblem('invalid_input', message, { field: 'type' });
      }
      CHECKS[kind]({ data });
      return register(handling, kind, data);
    },
  });
  table.post('/origins/affiliate_member', {
    ...shared,
    id: 'createAffiliateMember',
    summary: 'Create an affiliate member',
    description: 'Somebody who wants to recommend the shop. Asking again answers the same origin and offer.',
    body: inBody(AffiliateMemberData, {
      ...{ email: 'anna@example.com', first_name: 'Anna', phone_number: '+14155550123' },
      sharing_channels: ['facebook', 'custom'],
    }),
    returns: answerOf(AffiliateMemberObject),
    handle: (handling) => register(handling, 'affiliate_member', handling.body.data) as Promise<never>,
  });
  table.post('/origins/purchase', {
    ...shared,
    id: 'createPurchase',
    summary: 'Create a purchase',
    description: 'An order of this number with the same data answers the same; with other data it is refused.',
    body: inBody(PurchaseData, {
      ...{ email: 'tom@example.com', order_number: '100011', subtotal: 24, coupon_codes: ['TEA'] },
      items: [{ price: 8, quantity: 3, product_id: 'tea-1' }],
    }),
    returns: answerOf(PurchaseObject),
    handle: (handling) => register(handling, 'purchase', handling.body.data) as Promise<never>,
  });
  table.post('/origins/event', {
    ...shared,
    id: 'createEvent',
    summary: 'Create an event',
    description:
      'An event of this category and number with the same data answers the same; with other data it is refused.',
    body: inBody(EventData, {
      ...{ email: 'anna@example.com', event_category: 'newsletter', event_number: '23', subtotal: 0 },
    }),
    returns: answerOf(EventObject),
    handle: (handling) => register(handling, 'event', handling.body.data) as Promise<never>,
  });
}

function inBody<T extends TSchema>(data: T, example?: object): TObject<{ data: T }> {
  const examples = example === undefined ? {} : { examples: [{ data: example }] };
  return Type.Object({ data }, { additionalProperties: false, ...examples });
}

async function register(
  { core, site }: SiteHandling,
  kind: OriginKind,
  data: Static<typeof AnyData>,
): Promise<Static<ReturnType<typeof answerOf<typeof OriginObject>>>> {
  const channels = data.sharing_channels ? checkLinkChannels(data.sharing_channels) : undefined;
  const { origin, person, offer } = await createOrigin(core, site, readOrigin(site, kind, data)).catch(
    (error: unknown) => saySame(kind, error),
  );
  return {
    origin: presentOrigin(site, origin, person),
    offer: offer && (await presentOffer(core, site, offer.offer, offer.campaign)),
    ...(channels === undefined || offer === null
      ? {}
      : { claim_links: presentClaimLinks(core, offer.offer, channels) }),
  };
}

/** A number that is taken is said as this API says it. */
function saySame(kind: OriginKind, error: unknown): never {
  if (error instanceof CoreError && error.code === 'origin.duplicate') {
    throw new HttpProblem('invalid_input', duplicateSentence(kind));
  }
  throw error;
}

export function duplicateSentence(kind: OriginKind): string {
  const [what, number] = kind === 'event' ? ['Event', 'event_number'] : ['Purchase', 'order_number'];
  return `Duplicate entity: Talkable already has existing ${what} with the same ${number} but different data`;
}
