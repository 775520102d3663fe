import Type, { type TObject, type TProperties, type TSchema } from 'typebox';
import { EMAIL_TYPES } from '#apis/referrals/callback-payloads.js';
import { CHECK_UNSUBSCRIBE, type APP_EVENTS } from '#apis/referrals/callbacks.js';
import { LABELS, SHOWN_TYPE } from '#apis/referrals/present-origin.js';
import { SubChoice } from '#apis/referrals/present-person.js';
import { SHOWN_STATUS } from '#apis/referrals/present-reward.js';

const Text = Type.String();
const Maybe = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const MaybeText = Maybe(Text);
const MaybeNumber = Maybe(Type.Number());
const MaybeInteger = Maybe(Type.Integer());
const Count = Type.Integer({ minimum: 0 });

const Campaign = Type.Object({
  id: Type.Integer(),
  slug: MaybeText,
  name: MaybeText,
  type: MaybeText,
  status: MaybeText,
  tag_names: Type.Array(Text),
});

const Offer = Type.Object({
  id: Type.Integer(),
  short_url_code: MaybeText,
  claim_url: MaybeText,
  show_url: MaybeText,
  coupon_code: Type.Null({ description: 'Friends have codes of their own.' }),
  created_at: MaybeText,
});

const PERSON = {
  id: MaybeInteger,
  email: MaybeText,
  phone_number: MaybeText,
  first_name: MaybeText,
  last_name: MaybeText,
  username: MaybeText,
  customer_id: MaybeText,
  custom_properties: Type.Record(Text, Text),
  sub_choice: SubChoice,
  subscribed_at: MaybeText,
  opted_in_at: MaybeText,
  phone_opted_in_at: MaybeText,
  unsubscribed_at: MaybeText,
};
const Person = Type.Object(PERSON, { description: 'Of somebody whom the site does not know, the address alone.' });

/** How somebody stood when they joined. */
const STANDING = {
  is_loyalty_member: Type.Boolean(),
  loyalty_member: Maybe(
    Type.Object({
      id: Type.Integer(),
      active: Type.Boolean(),
      points_balance: Type.Integer(),
      member_dates: Type.Array(Type.Object({ date: Text, identifier: Text })),
      created_at: MaybeText,
    }),
  ),
  referral_counts: Type.Object({ total: Count, approved: Count, pending: Count }),
};

const Origin = Type.Object({
  id: Type.Integer(),
  type: Maybe(Type.Enum(Object.values(SHOWN_TYPE))),
  order_number: MaybeText,
  event_category: MaybeText,
  event_number: MaybeText,
  subtotal: MaybeNumber,
  coupon_codes: Type.Array(Text),
  ip_address: MaybeText,
  traffic_source: MaybeText,
  ...(Object.fromEntries(LABELS.map((name) => [name, MaybeText])) as Record<(typeof LABELS)[number], typeof MaybeText>),
  created_at: MaybeText,
  refunded_at: MaybeText,
});

const REWARD = {
  id: Type.Integer(),
  reason: MaybeText,
  status: Maybe(Type.Enum(Object.values(SHOWN_STATUS))),
  incentive: Type.Union([Text, Type.Null()], { description: 'Its identifier within the campaign.' }),
  incentive_type: MaybeText,
  incentive_description: MaybeText,
  amount: MaybeNumber,
  percentage: Type.Boolean({ description: 'Whether `amount` is per cent, not money.' }),
  reward_coupon_code: MaybeText,
};
const Reward = Type.Object(REWARD);

const CouponsWanted = Type.Object({
  coupon_auto_sync_enabled: Type.Boolean(),
  coupon_code: Type.Union([Text, Type.Null()], {
    description: 'Suggested: an answer of 2xx puts it into the list. Null for a list of one code for everybody.',
  }),
  coupon_list_id: MaybeInteger,
  coupon_list_name: MaybeText,
  email: MaybeText,
  phone_number: MaybeText,
  discount_amount: MaybeNumber,
  percentage_discount: Type.Boolean({ description: 'Whether `discount_amount` is per cent, not money.' }),
  usage_limit: MaybeInteger,
  expires_at: MaybeText,
  wanted: Type.Union([Type.Integer(), Type.Null()], {
    description: 'How many codes are wanted at this time, each by a webhook of its own.',
  }),
  needed_now: Type.Boolean({ description: 'Somebody waits for one.' }),
});
const SIGNUP = { campaign: Maybe(Campaign), offer: Maybe(Offer), ...PERSON, ...STANDING };
const AdvocateSignup = Type.Object(SIGNUP);
const FriendSignup = Type.Object({ ...SIGNUP, ip_address: MaybeText });
const Shared = Type.Object({
  campaign: Maybe(Campaign),
  offer: Maybe(Offer),
  share_type: Type.String({ description: '`email`, or the channel of the advocate’s own.' }),
  share_info: Type.Object({ recipients: Type.Array(Text) }),
  sharer_info: Maybe(Person),
  share_link: MaybeText,
  origin: Type.Union([Origin, Type.Null()], { description: 'By which the advocate joined.' }),
});
const Registered = Type.Object({ person: Maybe(Person), origin: Maybe(Origin) });
const Referral = Type.Object({
  id: MaybeInteger,
  status: MaybeText,
  track_method: MaybeText,
  campaign: Maybe(Campaign),
  offer: Maybe(Offer),
  advocate_rewards: Type.Array(Reward),
  friend_rewards: Type.Array(Reward),
  referrer: Maybe(Person),
  referred: Maybe(Person),
  referred_origin: Maybe(Origin),
  share: Type.Object({ channel: MaybeText }),
});
const RewardGiven = Type.Object({
  campaign: Maybe(Campaign),
  offer: Maybe(Offer),
  person: Maybe(Person),
  origin: Maybe(Origin),
  ...REWARD,
});
const OfPerson = Type.Object({ person: Maybe(Person) });
const LoyaltyAction = Type.Object({
  type: MaybeText,
  identifier: MaybeText,
  points: MaybeInteger,
  points_balance: MaybeInteger,
  created_at: MaybeText,
  person: Maybe(Person),
});

const SENT = {
  live: Type.Boolean(),
  sample: Type.Optional(Type.Literal(true, { description: 'To try the endpoint.' })),
};

function classic<T extends TProperties>(type: string, payload: TObject<T>): TSchema {
  return Type.Object({
    key: Maybe(Type.String({ description: 'The secret of the endpoint.' })),
    site: Text,
    type: Type.Literal(type),
    extras: Type.Object(SENT),
    payload,
  });
}

const APP_PAYLOADS: Record<keyof typeof APP_EVENTS, TObject> = {
  advocate_signup: AdvocateSignup,
  friend_signup: FriendSignup,
  email_optin: OfPerson,
  unsubscribe: OfPerson,
  offer_share: Shared,
  send_reward: RewardGiven,
  create_coupon: CouponsWanted,
  event: Registered,
  referral_create: Referral,
  referral_status_change: Referral,
  loyalty_action: LoyaltyAction,
};

/** For the OpenAPI document. */
export const REFERRALS_WEBHOOKS: Record<string, { summary: string; description?: string; body: TSchema }> = {
  create_coupon_web_hook: {
    summary: 'A code is wanted: few are left of a coupon list, or somebody waits for one',
    description:
      'With an answer of 2xx `coupon_code` is in the list, and given to whoever waits the longest. Anything else puts nothing in.',
    body: classic('create_coupon_web_hook', CouponsWanted),
  },
  offer_signup_web_hook: {
    summary: 'Somebody can recommend the shop from now on',
    body: classic('offer_signup_web_hook', AdvocateSignup),
  },
  claim_signup_web_hook: {
    summary: 'A friend came by an offer and said who they are',
    body: classic('claim_signup_web_hook', FriendSignup),
  },
  post_share_web_hook: { summary: 'An advocate shared', body: classic('post_share_web_hook', Shared) },
  event_web_hook: {
    summary: 'A purchase or an event was registered',
    body: classic('event_web_hook', Registered),
  },
  referral_web_hook: {
    summary: 'A referral was approved',
    description:
      'Its rewards are unpaid until this was answered with 2xx, also once its tries are over: send it again ' +
      '(`/manage/webhook_deliveries/{id}/replay`), pay by hand (`/manage/origins/{origin_slug}/referral/pay`), or remove ' +
      'the endpoint, which pays within a minute.',
    body: classic('referral_web_hook', Referral),
  },
  reward_web_hook: { summary: 'A reward was given', body: classic('reward_web_hook', RewardGiven) },
  unsubscribe_web_hook: {
    summary: 'Somebody wants no more letters',
    body: classic('unsubscribe_web_hook', OfPerson),
  },
  [CHECK_UNSUBSCRIBE]: {
    summary: 'Asked before each letter; the answer has a boolean `unsubscribed`',
    description:
      'Answered within two seconds with 2xx and JSON. Any other answer: the letter is not sent now. It is asked once and not repeated.',
    body: classic(
      CHECK_UNSUBSCRIBE,
      Type.Object({ campaign: Maybe(Campaign), recipient: Text, email_type: Type.Enum(Object.values(EMAIL_TYPES)) }),
    ),
  },
  custom_app: {
    summary: 'What a `custom_app` chose',
    description:
      '`x-talkable-signature` is Base64 of the hexadecimal HMAC-SHA256 of the body, keyed with the secret of the endpoint.',
    body: Type.Union(
      Object.entries(APP_PAYLOADS).map(([action, payload]) =>
        Type.Object({ action: Type.Literal(action), site: Text, id: Text, ...SENT, payload }),
      ),
    ),
  },
};
