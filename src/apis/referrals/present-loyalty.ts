import Type, { type Static } from 'typebox';
import { CouponObject, presentCoupon } from '#apis/referrals/present-coupon.js';
import { presentWorth } from '#apis/referrals/money.js';
import { presentTime, presentTimeOrNull } from '#apis/referrals/present-time.js';
import { EventObject, presentOrigin, PurchaseObject } from '#apis/referrals/present-origin.js';
import type { DescribedAction, FoundMember, LoyaltyAction, RedemptionBatch } from '#core/loyalty/index.js';
import type { Site } from '#core/sites/index.js';

const Text = Type.String();
const MaybeText = Type.Union([Text, Type.Null()]);

export const MemberObject = Type.Object({
  custom_properties: Type.Record(Text, Text),
  email: MaybeText,
  phone_number: MaybeText,
  points_balance: Type.Integer(),
  member_dates: Type.Array(Type.Object({ date: Text, identifier: Text })),
});

export const ActionObject = Type.Object({
  type: Type.String({
    description:
      'What of: `purchase`, `referral`, `join`, `event:` and a category, the shop’s own word, `redeem` or `manual_adjustment`.',
  }),
  created_at: Text,
  points: Type.Integer({ description: 'Negative: they went. A refund takes back what was collected.' }),
  action_config: Type.Union([
    Type.Object(
      { name: Text, description: MaybeText, points: Type.Integer() },
      {
        description: 'As it was then; of a manual adjustment why it was made.',
      },
    ),
    Type.Null(),
  ]),
  coupon: Type.Union([CouponObject, Type.Null()]),
  event: Type.Union([PurchaseObject, EventObject, Type.Null()]),
  user: Type.Union([
    Type.Object(
      { account_id: Text, email: MaybeText, id: Text, staff_member: Type.Boolean() },
      { description: 'Whose key it was; `id` of the key itself where it is nobody’s own.' },
    ),
    Type.Null(),
  ]),
});

export const BatchObject = Type.Object({
  id: Type.Integer(),
  description: Text,
  points_cost: Type.Integer(),
  position: Type.Integer(),
  available_coupons_count: Type.Union([
    Type.Integer(),
    Type.Null({ description: 'As many as are wanted: they are made up, or one is for all.' }),
  ]),
  coupon_list: Type.Object({
    name: Text,
    amount: Type.Union([Type.Number(), Type.Null()]),
    localized_amount: MaybeText,
    percentage_discount: Type.Boolean({ description: 'Whether `amount` is per cent, not money.' }),
    expires_at: MaybeText,
  }),
});

export function presentMember({ member, person }: FoundMember): Static<typeof MemberObject> {
  return {
    custom_properties: person.properties,
    email: person.email,
    phone_number: person.phone,
    points_balance: member.points,
    member_dates: Object.entries(member.dates).map(([identifier, date]) => ({ date, identifier })),
  };
}

export function presentAction(
  { action, coupon, origin, email }: DescribedAction,
  site: Site,
  { person }: Pick<FoundMember, 'person'>,
  at: Date,
): Static<typeof ActionObject> {
  const event = origin === undefined ? null : presentOrigin(site, origin, person);
  const { kind, points, details, actor } = action;
  return {
    type: kind === 'adjust' ? 'manual_adjustment' : (action.action ?? kind),
    created_at: presentTime(action.createdAt, site.timeZone),
    points,
    action_config: details.rule ?? reasonOf(action),
    coupon: coupon === undefined ? null : presentCoupon(coupon, site, at),
    event: event === null || event.type === 'AffiliateMember' ? null : event,
    user: actor === null ? null : { account_id: site.accountId, email, id: actor, staff_member: false },
  };
}

function reasonOf({ details: { description }, points }: LoyaltyAction) {
  return description === undefined ? null : { name: 'manual_adjustment', description, points };
}

export function presentBatch(batch: RedemptionBatch, { currency, timeZone }: Site): Static<typeof BatchObject> {
  const { id, description, pointsCost, position, couponsLeft, list } = batch;
  const { amount, percentage } = presentWorth(list, currency);
  return {
    ...{ id, description, points_cost: pointsCost, position, available_coupons_count: couponsLeft },
    coupon_list: {
      ...{ name: list.name, amount, percentage_discount: percentage },
      localized_amount: amount === null ? null : inWords(amount, percentage ? null : currency),
      expires_at: presentTimeOrNull(list.expiresAt, timeZone),
    },
  };
}

/** Without a currency: per cent. */
function inWords(amount: number, currency: string | null): string {
  const per = { style: 'percent', maximumFractionDigits: 2 } as const;
  return currency === null
    ? new Intl.NumberFormat('en-US', per).format(amount / 100)
    : new Intl.NumberFormat('en-US', { style: 'currency', currency }).format(amount);
}
