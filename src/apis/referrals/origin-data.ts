import Type, { type Static, type TSchema } from 'typebox';
import { minorUnits } from '#apis/referrals/money.js';
import { LABELS } from '#apis/referrals/present-origin.js';
import { LONGEST_CATEGORY, LONGEST_NUMBER, type NewOrigin } from '#core/origins/index.js';
import { LONGEST_NAME, MOST_PROPERTIES } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';
import type { OriginKind } from '#core/tables.js';

/** Null is as good as absent. */
const maybe = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]));
const Word = Type.String({ maxLength: LONGEST_NAME });
/** 10 million of a currency with hundredths, a thousand times over: whole numbers stay exact. */
const Amount = Type.Number({ minimum: 0, maximum: 1e10 });

export const CustomProperties = Type.Record(
  Type.String(),
  Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]),
  {
    description: 'Stored as texts (`false` as `f`, 123 as `123`); null takes one away.',
    maxProperties: MOST_PROPERTIES,
  },
);

const Label = maybe(Word);
const Labels = Object.fromEntries(LABELS.map((name) => [name, Label])) as Record<(typeof LABELS)[number], typeof Label>;

const Email = Type.String({ maxLength: 1000, examples: ['anna@example.com'] });

const Everybody = {
  email: Email,
  first_name: maybe(Word),
  last_name: maybe(Word),
  username: maybe(Word),
  customer_id: maybe(Word),
  custom_properties: maybe(CustomProperties),
  phone_number: maybe(Type.String({ maxLength: 40, examples: ['+14155550123'] })),
  campaign_tags: maybe(
    Type.Union([Word, Type.Array(Word, { maxItems: 50 })], {
      description: 'Only campaigns with one of them make an offer.',
    }),
  ),
  sharing_channels: maybe(
    Type.Array(Word, { maxItems: 20, description: 'The channels for which `claim_links` are answered.' }),
  ),
  ip_address: maybe(Type.String({ maxLength: 45 })),
  uuid: maybe(Type.String({ maxLength: 36, description: 'Of the visitor: what the cookie of the tag holds.' })),
  created_at: maybe(Type.String({ format: 'date-time', maxLength: 40, description: 'When it happened.' })),
  traffic_source: maybe(Word),
  ...Labels,
};

const Item = Type.Object(
  {
    price: Amount,
    quantity: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
    product_id: Type.Union([Word, Type.Integer()]),
  },
  { additionalProperties: false },
);

const Bought = {
  subtotal: Amount,
  coupon_codes: maybe(Type.Union([Word, Type.Array(Word, { maxItems: 50 })])),
  currency_iso_code: maybe(Type.String({ maxLength: 3 })),
  shipping_address: maybe(Type.String({ maxLength: 1000 })),
  shipping_zip: maybe(Type.String({ maxLength: 20 })),
  items: maybe(Type.Array(Item, { maxItems: 500 })),
};

const Order = { order_number: Type.String({ minLength: 1, maxLength: LONGEST_NUMBER, examples: ['100011'] }) };
const Happening = {
  event_category: Type.String({ minLength: 1, maxLength: LONGEST_CATEGORY, examples: ['newsletter'] }),
  event_number: Type.String({ minLength: 1, maxLength: LONGEST_NUMBER, examples: ['23'] }),
};

const strict = { additionalProperties: false } as const;
export const AffiliateMemberData = Type.Object(Everybody, strict);
export const PurchaseData = Type.Object({ ...Everybody, ...Order, ...Bought }, strict);
export const EventData = Type.Object({ ...Everybody, ...Happening, ...Bought }, strict);
/** Of whichever type: what it must have is looked at once that is known. */
export const AnyData = Type.Object(
  { ...Everybody, ...Type.Partial(Type.Object({ ...Order, ...Happening, ...Bought })).properties },
  strict,
);

type Data = Static<typeof AnyData>;

/** What a shop says, in core's words. */
export function readOrigin(site: Site, kind: OriginKind, data: Data): NewOrigin {
  const money = (amount: number): number => minorUnits(amount, site.currency);
  const labels = LABELS.flatMap((name) => (data[name] ? [[name, data[name]] as const] : []));
  return {
    kind,
    person: {
      email: data.email,
      phone: data.phone_number || undefined,
      username: data.username || undefined,
      customerId: data.customer_id || undefined,
      firstName: data.first_name || undefined,
      lastName: data.last_name || undefined,
      properties: readProperties(data.custom_properties ?? {}),
    },
    category: data.event_category,
    number: data.order_number ?? data.event_number,
    subtotal: data.subtotal === undefined ? undefined : money(data.subtotal),
    currency: data.currency_iso_code || undefined,
    couponCodes: [data.coupon_codes ?? []].flat(),
    items: data.items?.map(({ price, quantity, product_id }) => ({
      ...{ productId: String(product_id), price: money(price), quantity },
    })),
    shippingAddress: data.shipping_address || undefined,
    shippingZip: data.shipping_zip || undefined,
    visitor: data.uuid || undefined,
    ip: data.ip_address || undefined,
    trafficSource: data.traffic_source || undefined,
    labels: Object.fromEntries(labels),
    tags: [data.campaign_tags ?? []].flat(),
    happenedAt: data.created_at || undefined,
  };
}

export function readProperties(given: Static<typeof CustomProperties>): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      typeof value === 'boolean' ? (value ? 't' : 'f') : value === null ? null : String(value),
    ]),
  );
}
