import Type, { type TObject, type TProperties } from 'typebox';
import { COUPON_LIST_LIMITS as LIST } from '#core/coupons/index.js';
import { LONGEST_CATEGORY } from '#core/origins/index.js';
import { CAMPAIGN_LIMITS as MOST } from '#core/referral-campaigns/index.js';
import { CAMPAIGN_KINDS, CAMPAIGN_STATUSES, REWARD_KINDS, REWARD_REASONS } from '#core/referral-words.js';
import { DEFAULT_TEXTS } from '#core/site-documents/index.js';
import {
  FRAUD_CHECKS,
  FRAUD_OUTCOMES,
  LONGEST_POSTAL_ADDRESS,
  MOST_MINOR_UNITS,
  SETTING_BOUNDS as BOUNDS,
} from '#core/sites/index.js';

const strict = { additionalProperties: false };
const Whole = (minimum: number, maximum: number, description?: string) =>
  Type.Optional(Type.Integer({ minimum, maximum, ...(description === undefined ? {} : { description }) }));
const Words = (maxLength: number, description?: string) =>
  Type.String({ minLength: 1, maxLength, ...(description === undefined ? {} : { description }) });
const Money = (description: string) =>
  Type.Optional(Type.Number({ minimum: 0, maximum: MOST_MINOR_UNITS, description }));
const Percent = Type.Optional(Type.Number({ minimum: 0, maximum: 100, description: 'Per cent: `12.5`.' }));
const Switch = Type.Optional(Type.Boolean());
const Moment = Type.Optional(Type.String({ maxLength: 40, description: 'ISO 8601 with an offset.' }));

const Fraud = Type.Object(
  Object.fromEntries(FRAUD_CHECKS.map((check) => [check, Type.Optional(Type.Enum([...FRAUD_OUTCOMES]))])),
  {
    ...strict,
    description: 'What becomes of a referral in which a check finds something; `skip`: it is not looked at.',
  },
);

const settings = {
  fraud: Type.Optional(Fraud),
  cookie_days: Whole(...BOUNDS.cookieDays, 'How long after a click a purchase in the same browser counts.'),
  share_emails_per_day: Whole(...BOUNDS.shareEmailsPerDay, 'Letters of one advocate in any 24 h.'),
  share_emails_at_once: Whole(...BOUNDS.shareEmailsAtOnce),
  reminder_days: Whole(...BOUNDS.reminderDays, 'When a friend who did nothing is reminded; 0: never.'),
  share_own_words: Type.Optional(Type.Boolean({ description: 'Whether letters carry words of the advocate’s own.' })),
  postal_address: Type.Optional(
    Type.String({ maxLength: LONGEST_POSTAL_ADDRESS, description: 'At the foot of every letter.' }),
  ),
};
/** What a site can set; each has a default. */
export const SettingsChange = Type.Object(settings, strict);
export const SettingsObject = Type.Object({
  ...settings,
  least_used_ms_per_minute: Type.Optional(
    Type.Integer({
      description:
        'What is normal for the site at least, whatever it used in the last seven days. Set by those who run the server.',
    }),
  ),
});

const couponList = {
  name: Words(LIST.name, 'Campaigns name it by this.'),
  amount: Money('In units of the site’s currency. This or `percentage`.'),
  percentage: Percent,
  description: Type.Optional(Words(LIST.description)),
  single_use: Type.Optional(Type.Boolean({ default: true, description: 'Each code is for one person alone.' })),
  usage_limit: Whole(1, LIST.usages, 'Of a code that is for many.'),
  expires_at: Moment,
  valid_days: Whole(1, LIST.days, 'After the hand-out, of codes for one person each.'),
  prefix: Type.Optional(Words(20, 'Codes are made up with it. Absent: codes are handed in, or asked for by webhook.')),
  refill_below: Whole(
    1,
    LIST.refillBelow,
    'When fewer are left, more are suggested to the shop by webhook. Absent: by how many were handed out lately.',
  ),
};
export const CouponListBody = Type.Object(couponList, {
  ...strict,
  examples: [{ name: 'Summer', amount: 10, description: '$10 off', prefix: 'SUMMER-', valid_days: 90 }],
});
export const CouponListObject = stored({
  ...couponList,
  id: Type.Integer(),
  codes: Type.Object({ total: Type.Integer(), issued: Type.Integer() }),
});

const COUNTED =
  'Approved referrals of the advocate, this one among them; only of what is given once a referral is approved.';
const Criteria = Type.Object(
  {
    new_customer: Switch,
    new_opt_in: Switch,
    subtotal_min: Money('Of the friend’s purchase.'),
    subtotal_max: Money('Of the friend’s purchase.'),
    referrals_min: Whole(0, MOST.referrals, COUNTED),
    referrals_max: Whole(0, MOST.referrals, COUNTED),
    referrals_divisible_by: Whole(1, MOST.referrals, COUNTED),
    uniqueness: Type.Optional(Type.Enum(['person', 'friend', 'referral'])),
    friend_event_category: Type.Optional(Words(LONGEST_CATEGORY)),
  },
  { ...strict, description: 'All that is given must hold.' },
);

const Incentive = Type.Object(
  {
    identifier: Words(MOST.identifier),
    reason: Type.Enum([...REWARD_REASONS], {
      description: '`referrer`: for a referral, to the advocate; `referred`: to the friend.',
    }),
    type: Type.Enum([...REWARD_KINDS]),
    amount: Money('This, `percentage`, or neither.'),
    percentage: Percent,
    description: Words(MOST.description),
    custom_description: Type.Optional(Words(MOST.description)),
    coupon_list: Type.Optional(Words(LIST.name, 'The name of a coupon list, of a `discount_coupon`.')),
    criteria: Type.Optional(Criteria),
  },
  strict,
);

/** `event:CATEGORY`. */
const LONGEST_EVENT = 'event:'.length + LONGEST_CATEGORY;

const Loyalty = Type.Object(
  {
    most_points: Whole(1, MOST.points),
    auto_join: Switch,
    actions: Type.Optional(
      Type.Array(
        Type.Object(
          {
            identifier: Words(LONGEST_EVENT, '`purchase`, `referral`, `event:CATEGORY`, or a word of the shop’s own.'),
            name: Words(MOST.name),
            description: Type.Optional(Type.String({ maxLength: MOST.description })),
            points: Type.Integer({ minimum: 0, maximum: MOST.points }),
            points_per_unit: Whole(0, MOST.pointsPerUnit, 'For each whole unit of currency spent.'),
            limit: Type.Optional(Type.Enum(['once', 'always'])),
          },
          strict,
        ),
        { maxItems: MOST.actions },
      ),
    ),
    redemption_batches: Type.Optional(
      Type.Array(
        Type.Object(
          {
            coupon_list: Words(LIST.name),
            description: Words(MOST.description),
            points_cost: Type.Integer({ minimum: 1, maximum: MOST.points }),
          },
          strict,
        ),
        { maxItems: MOST.batches },
      ),
    ),
  },
  strict,
);

const Text = (most: number, example: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: most, default: example }));
const Categories = (description: string) =>
  Type.Optional(Type.Array(Words(LONGEST_EVENT), { maxItems: MOST.categories, description }));

const campaign = {
  name: Type.Optional(Words(MOST.name)),
  type: Type.Optional(Type.Enum([...CAMPAIGN_KINDS], { default: 'invite' })),
  status: Type.Optional(Type.Enum([...CAMPAIGN_STATUSES], { default: 'live' })),
  tags: Type.Optional(Type.Array(Words(MOST.tag), { maxItems: MOST.tags })),
  starts_at: Moment,
  ends_at: Moment,
  landing_url: Type.Optional(Words(2000, 'Where friends land. Absent: at the site’s address.')),
  joinable_by: Categories('Whose origins are made an offer: `affiliate_member`, `purchase`, `event:CATEGORY`.'),
  converts_by: Categories('What of a friend counts: `purchase`, `event:CATEGORY`.'),
  origin_min_age: Whole(0, MOST.age, 'Seconds.'),
  origin_max_age: Whole(0, MOST.age, 'Seconds.'),
  audience: Type.Optional(
    Type.Object(
      {
        tags: Type.Optional(Type.Array(Words(MOST.tag), { maxItems: MOST.tags })),
        properties: Type.Optional(
          Type.Record(Type.String(), Type.String({ maxLength: MOST.property }), { maxProperties: MOST.properties }),
        ),
        new_customers: Switch,
      },
      { ...strict, description: 'Who is offered it. Absent: everybody.' },
    ),
  ),
  approval_delay: Whole(0, MOST.delay, 'Seconds that a referral is pending before it is approved. Default: a week.'),
  flagged: Type.Optional(
    Type.Object(
      { delay: Type.Integer({ minimum: 0, maximum: MOST.delay }), becomes: Type.Enum(['approved', 'voided']) },
      { ...strict, description: 'What becomes of a flagged referral by itself. Absent: somebody decides.' },
    ),
  ),
  advocate_deadline_days: Whole(1, MOST.days),
  friend_deadline_days: Whole(1, MOST.days),
  friend_offer_hours: Whole(1, MOST.hours),
  email_gating: Type.Optional(Type.Boolean({ description: 'Friends say who they are before they see their coupon.' })),
  incentives: Type.Optional(Type.Array(Incentive, { maxItems: MOST.incentives })),
  fraud: Type.Optional(Fraud),
  texts: Type.Optional(
    Type.Object(
      {
        headline: Text(MOST.texts.headline, DEFAULT_TEXTS.headline),
        description: Text(MOST.texts.description, DEFAULT_TEXTS.description),
        friend_headline: Text(MOST.texts.friendHeadline, DEFAULT_TEXTS.friendHeadline),
        friend_description: Text(MOST.texts.friendDescription, DEFAULT_TEXTS.friendDescription),
        share_subject: Text(MOST.texts.shareSubject, DEFAULT_TEXTS.shareSubject),
        share_message: Text(MOST.texts.shareMessage, DEFAULT_TEXTS.shareMessage),
      },
      {
        ...strict,
        description: '`{link}`, `{name}`, `{site}`, `{advocate_reward}` and `{friend_reward}` are filled in.',
      },
    ),
  ),
  loyalty: Type.Optional(Loyalty),
};
const example = {
  name: 'Give 10, get 10',
  incentives: [
    {
      identifier: 'advocate',
      reason: 'referrer',
      type: 'discount_coupon',
      amount: 10,
      description: '$10 off',
      coupon_list: 'Advocates',
    },
    {
      identifier: 'friend',
      reason: 'referred',
      type: 'discount_coupon',
      amount: 10,
      description: '$10 off',
      coupon_list: 'Friends',
    },
  ],
};
export const NewCampaignBody = Type.Object(
  { slug: Words(63), ...campaign },
  { ...strict, examples: [{ slug: 'summer', ...example }] },
);
export const CampaignBody = Type.Object(campaign, { ...strict, examples: [example] });
export const ManagedCampaignObject = stored({ ...campaign, id: Type.Integer(), slug: Type.String() });

/** What is told of something that is kept. */
function stored<T extends TProperties>(properties: T): TObject {
  return Type.Object({ ...properties, created_at: Type.String(), updated_at: Type.String() });
}

/** For lists that can be long. */
export const PageQuery = {
  page: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 }),
  per_page: Type.Integer({ minimum: 1, maximum: 100, default: 25 }),
};

export function pageOf<T>(items: readonly T[], { page, per_page }: { page: number; per_page: number }): T[] {
  return items.slice((page - 1) * per_page, page * per_page);
}
