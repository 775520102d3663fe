import { CAMPAIGN_KINDS, CAMPAIGN_STATUSES, REWARD_KINDS, REWARD_REASONS } from '#core/referral-words.js';
import {
  boolean,
  choices,
  list,
  moment,
  needed,
  number,
  object,
  oneOf,
  optional,
  otherwise,
  string,
  texts,
  whole,
} from '#core/site-documents/json-shape.js';
import { FRAUD_CHECKS, FRAUD_OUTCOMES } from '#core/sites/index.js';

const WEEK_SECONDS = 7 * 86_400;
const MOST = 100;

const OTHER_DEFAULTS = {
  description: 'Pass on your link: {friend_reward} for your friends, {advocate_reward} for you.',
  friendHeadline: '{name} sent you to {site}',
  friendDescription: 'Take it with your first purchase: {friend_reward}.',
  shareSubject: '{name} has something for you at {site}',
  shareMessage: 'I like {site}, and so may you: {link}',
};

export const DEFAULT_TEXTS = { headline: 'Tell your friends about {site}', ...OTHER_DEFAULTS };
/** Of the type `reward_gleam`: it stands above codes that somebody has. */
export const GLEAM_HEADLINE = 'Yours at {site}';

const criteria = object({
  newCustomer: optional(boolean),
  newOptIn: optional(boolean),
  subtotalMin: optional(number),
  subtotalMax: optional(number),
  referralsMin: optional(whole),
  referralsMax: optional(whole),
  referralsDivisibleBy: optional(whole),
  uniqueness: optional(oneOf(['person', 'friend', 'referral'])),
  friendEventCategory: optional(string),
});

const incentive = object({
  identifier: needed(string),
  reason: needed(oneOf(REWARD_REASONS)),
  type: needed(oneOf(REWARD_KINDS)),
  amount: optional(number),
  percentage: optional(number),
  description: needed(string),
  customDescription: optional(string),
  couponList: optional(string),
  criteria: optional(criteria),
});

const loyalty = object({
  mostPoints: otherwise(whole, 1_000_000),
  autoJoin: otherwise(boolean, true),
  actions: otherwise(
    list(
      object({
        identifier: needed(string),
        name: needed(string),
        description: optional(string),
        points: needed(whole),
        pointsPerUnit: optional(whole),
        limit: optional(oneOf(['once', 'always'])),
      }),
      MOST,
    ),
    [],
  ),
  redemptionBatches: optional(
    list(object({ couponList: needed(string), description: needed(string), pointsCost: needed(whole) }), MOST),
  ),
});

const words = object({
  /** Default: by the type. */
  headline: optional(string),
  description: otherwise(string, DEFAULT_TEXTS.description),
  friendHeadline: otherwise(string, DEFAULT_TEXTS.friendHeadline),
  friendDescription: otherwise(string, DEFAULT_TEXTS.friendDescription),
  shareSubject: otherwise(string, DEFAULT_TEXTS.shareSubject),
  shareMessage: otherwise(string, DEFAULT_TEXTS.shareMessage),
});

/** Seconds, days and hours as their names say; amounts in whole units of the currency, lists by their names. */
export const campaignShape = object({
  slug: needed(string),
  name: optional(string),
  type: otherwise(oneOf(CAMPAIGN_KINDS), 'invite'),
  status: otherwise(oneOf(CAMPAIGN_STATUSES), 'live'),
  tags: otherwise(list(string, MOST), []),
  startsAt: optional(moment),
  endsAt: optional(moment),
  landingUrl: optional(string),
  joinableBy: otherwise(list(string, MOST), ['affiliate_member', 'purchase']),
  convertsBy: otherwise(list(string, MOST), ['purchase']),
  originMinAge: optional(whole),
  originMaxAge: optional(whole),
  audience: optional(
    object({ tags: optional(list(string, MOST)), properties: optional(texts(MOST)), newCustomers: optional(boolean) }),
  ),
  approvalDelay: otherwise(whole, WEEK_SECONDS),
  flagged: optional(object({ delay: needed(whole), becomes: needed(oneOf(['approved', 'voided'])) })),
  advocateDeadlineDays: optional(whole),
  friendDeadlineDays: optional(whole),
  friendOfferHours: optional(whole),
  emailGating: otherwise(boolean, false),
  incentives: otherwise(list(incentive, MOST), []),
  fraud: optional(choices(FRAUD_CHECKS, FRAUD_OUTCOMES)),
  texts: otherwise(words, OTHER_DEFAULTS),
  loyalty: optional(loyalty),
});
export type CampaignDocument = ReturnType<typeof campaignShape>;
