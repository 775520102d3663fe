import Type, { type Static } from 'typebox';
import { presentMoneyOrNull } from '#apis/referrals/money.js';
import { presentTime, presentTimeOrNull } from '#apis/referrals/present-time.js';
import type { Origin } from '#core/origins/index.js';
import type { SitePerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';
import type { OriginKind } from '#core/tables.js';

const MaybeText = Type.Union([Type.String(), Type.Null()]);
const MaybeNumber = Type.Union([Type.Number(), Type.Null()]);

export const LABELS = [
  'segment1',
  'segment2',
  'segment3',
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
] as const;

const Labels = Object.fromEntries(LABELS.map((name) => [name, MaybeText])) as Record<
  (typeof LABELS)[number],
  typeof MaybeText
>;

const Everybody = {
  id: Type.Integer(),
  email: MaybeText,
  customer_id: MaybeText,
  ip_address: MaybeText,
  ...Labels,
};

const Bought = {
  subtotal: Type.Number(),
  coupon_code: MaybeText,
  refunded_at: MaybeText,
  refund_subtotal: MaybeNumber,
  partially_refunded: Type.Boolean(),
};

/** As this API spells what an origin is. */
export const SHOWN_TYPE = {
  affiliate_member: 'AffiliateMember',
  purchase: 'Purchase',
  event: 'Event',
} as const satisfies Record<OriginKind, string>;

export const AffiliateMemberObject = Type.Object({ type: Type.Literal(SHOWN_TYPE.affiliate_member), ...Everybody });
export const PurchaseObject = Type.Object({
  type: Type.Literal(SHOWN_TYPE.purchase),
  ...Everybody,
  ...Bought,
  order_number: Type.String(),
  order_date: Type.String(),
});
export const EventObject = Type.Object({
  type: Type.Literal(SHOWN_TYPE.event),
  ...Everybody,
  ...Bought,
  event_category: Type.String(),
  event_number: Type.String(),
});
export const OriginObject = Type.Union([AffiliateMemberObject, PurchaseObject, EventObject]);

/** `person`: whose it is. */
export function presentOrigin(
  site: Pick<Site, 'currency' | 'timeZone'>,
  origin: Origin,
  person: Pick<SitePerson, 'email' | 'customerId'>,
): Static<typeof OriginObject> {
  const everybody = {
    id: origin.id,
    email: person.email,
    customer_id: person.customerId,
    ip_address: origin.ip,
    ...(Object.fromEntries(LABELS.map((name) => [name, origin.labels[name] ?? null])) as Record<
      (typeof LABELS)[number],
      string | null
    >),
  };
  if (origin.kind === 'affiliate_member') return { type: SHOWN_TYPE.affiliate_member, ...everybody };
  const subtotal = presentMoneyOrNull(origin.subtotal, site.currency) ?? 0;
  const bought = {
    subtotal,
    coupon_code: origin.couponCodes[0] ?? null,
    refunded_at: presentTimeOrNull(origin.refundedAt, site.timeZone),
    refund_subtotal: presentMoneyOrNull(origin.refunded, site.currency),
    partially_refunded: origin.refunded !== null && origin.refunded < (origin.subtotal ?? 0),
  };
  if (origin.kind === 'event') {
    const { category: event_category, number: event_number } = origin;
    return { type: SHOWN_TYPE.event, ...everybody, ...bought, event_category, event_number };
  }
  const order_date = presentTime(origin.happenedAt, site.timeZone);
  return { type: SHOWN_TYPE.purchase, ...everybody, ...bought, order_number: origin.number, order_date };
}
