import Type from 'typebox';
import { Fraud, Moment, Money, Percent, stored, strict, Switch, Whole, Words } from '#apis/referrals/manage-schemas.js';
import { COUPON_LIST_LIMITS as LIST } from '#core/coupons/index.js';
import { LONGEST_CATEGORY } from '#core/origins/index.js';
import { CAMPAIGN_LIMITS as MOST } from '#core/referral-campaigns/index.js';
import { CAMPAIGN_KINDS, CAMPAIGN_STATUSES, REWARD_KINDS, REWARD_REASONS } from '#core/referral-words.js';
import { DEFAULT_TEXTS, GLEAM_HEADLINE } from '#core/site-documents/index.js';

const COUNTED =
  'Approved referrals of the advocate, this one among them; only of what is given once a referral is approved.';
const Criteria = Type.Object(
  {
    new_customer: Switch,
    new_opt_in: Switch,
    subtotal_min: Money('Of the friend’s purchase.'),
    subtotal_max: Money('Of the friend’s purchase.'),
    referrals_min: Whole(0, MOST.referrals, COUNTED),
    referrals_max: Whole(1, MOST.referrals, COUNTED),
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

const Text = (most: number, example: string, more: { description?: string } = {}) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: most, default: example, ...more }));
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
        headline: Text(MOST.texts.headline, DEFAULT_TEXTS.headline, {
          description: `Of the type \`reward_gleam\` by default "${GLEAM_HEADLINE}".`,
        }),
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
