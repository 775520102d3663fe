import type { Selectable } from 'kysely';
import type { FraudPolicies, Site } from '#core/sites/index.js';
import type { ReferralCampaignKind, ReferralCampaignTable, RewardKind, RewardReason } from '#core/tables.js';

/** What somebody is promised. */
export interface Incentive {
  /** Within its campaign, for good: `advocate`, `friend`. */
  identifier: string;
  /** What for; see `isForFriend`. */
  reason: RewardReason;
  kind: RewardKind;
  /** One of the two, or neither: minor units of the site's currency, or hundredths of a per cent. */
  amount?: number;
  percentage?: number;
  description: string;
  customDescription?: string;
  /** Whose codes are handed out, of a `discount_coupon`. */
  couponListId?: number;
  criteria?: IncentiveCriteria;
}

/**
 * Friends are rewarded for coming (`click`) and for a referral (`referred`); advocates for joining (`signup`), for sharing
 * (`shared`) and for a referral (`referrer`).
 */
export function isForFriend(reason: RewardReason): boolean {
  return reason === 'click' || reason === 'referred';
}

/** Given to a friend who comes, so that they can buy with it. */
export function isFriendsCoupon({ reason, kind }: Pick<Incentive, 'reason' | 'kind'>): boolean {
  return isForFriend(reason) && kind === 'discount_coupon';
}

/** All that is given must hold. */
export interface IncentiveCriteria {
  /** The friend never bought before. */
  newCustomer?: boolean;
  /** The friend first agreed to letters by this offer. */
  newOptIn?: boolean;
  /** Of the friend's purchase, minor units. */
  subtotalMin?: number;
  subtotalMax?: number;
  /** Of approved referrals of the advocate, this one among them. */
  referralsMin?: number;
  referralsMax?: number;
  referralsDivisibleBy?: number;
  /** How often somebody is given it: once at all, once for each friend, or for every referral. */
  uniqueness?: 'person' | 'friend' | 'referral';
  /** The friend's event is of this category. */
  friendEventCategory?: string;
}

/** Points for what members of a loyalty campaign do. */
export interface LoyaltyRules {
  /** The most that a member can have. */
  mostPoints: number;
  /** Whether whoever registers joins by themselves. */
  autoJoin: boolean;
  actions: LoyaltyRule[];
}

export interface LoyaltyRule {
  /** `purchase`, `event:CATEGORY`, `referral`, or a word of the shop's own for what it reports. */
  identifier: string;
  name: string;
  description?: string;
  /** For the act, and for each whole unit of currency spent. */
  points: number;
  pointsPerUnit?: number;
  /** `once` in all, or every time. */
  limit?: 'once' | 'always';
}

/** Everything of a campaign that is not a column. */
export interface ReferralCampaignSettings {
  /** Where friends land; absent: at the site's address. */
  landingUrl?: string;
  /** Whose origins are made an offer: `affiliate_member`, `purchase`, `event:CATEGORY`. */
  joinableBy: string[];
  /** What of a friend counts: `purchase`, `event:CATEGORY`. */
  convertsBy: string[];
  /** How old an advocate's origin may be, and must be; seconds. */
  originMinAge?: number;
  originMaxAge?: number;
  /** Who is offered it; absent: everybody. */
  audience?: { tags?: string[]; properties?: Record<string, string>; newCustomers?: boolean };
  /** How long a referral is pending before it is approved by itself; seconds. */
  approvalDelay: number;
  /** How long a flagged one waits, and what becomes of it then. Absent: until somebody decides. */
  flagged?: { delay: number; becomes: 'approved' | 'voided' };
  /** Days: how long offers can be passed on, and how long friends may then come by them. */
  advocateDeadlineDays?: number;
  friendDeadlineDays?: number;
  /** Hours that a friend has after coming. */
  friendOfferHours?: number;
  /** Whether friends say who they are before they see their coupon. */
  emailGating: boolean;
  incentives: Incentive[];
  /** Where they differ from the site's. */
  fraud?: Partial<FraudPolicies>;
  /** Words of pages and letters; `{link}`, `{name}`, `{site}`, `{advocate_reward}` and `{friend_reward}` are filled in. */
  texts: {
    headline: string;
    description: string;
    friendHeadline: string;
    friendDescription: string;
    shareSubject: string;
    shareMessage: string;
  };
  /** Of kind `loyalty`. */
  loyalty?: LoyaltyRules;
}

/** A promise of a site to those who recommend it. */
export interface ReferralCampaign {
  id: number;
  siteId: string;
  slug: string;
  name: string;
  kind: ReferralCampaignKind;
  status: 'live' | 'test' | 'disabled';
  tags: string[];
  startsAt: Date | null;
  endsAt: Date | null;
  settings: ReferralCampaignSettings;
  createdAt: Date;
  updatedAt: Date;
}

/** Whether anything of it is passed on: in the others, people collect points, or are told of codes. */
export function makesOffers(kind: ReferralCampaignKind): boolean {
  return kind !== 'loyalty' && kind !== 'reward_gleam';
}

/** As seen at a moment: a live one that has not begun is `scheduled`. */
export type CampaignState = 'live' | 'test' | 'disabled' | 'scheduled' | 'ended';

export function toReferralCampaign(row: Selectable<ReferralCampaignTable>): ReferralCampaign {
  return {
    id: row.id,
    siteId: row.site_id,
    slug: row.slug,
    name: row.name,
    kind: row.kind,
    status: row.status,
    tags: row.tags,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    settings: row.settings,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function stateAt(campaign: Pick<ReferralCampaign, 'status' | 'startsAt' | 'endsAt'>, at: Date): CampaignState {
  if (campaign.status === 'disabled') return 'disabled';
  if (campaign.endsAt !== null && campaign.endsAt <= at) return 'ended';
  if (campaign.startsAt !== null && campaign.startsAt > at) return 'scheduled';
  return campaign.status;
}

/** Whether offers are made of it, and friends come by it: live ones of a site in any mode, test ones in test mode alone. */
export function isOpen(campaign: ReferralCampaign, site: Site, at: Date): boolean {
  const state = stateAt(campaign, at);
  return state === 'live' || (state === 'test' && site.mode === 'test');
}

export function fraudPoliciesOf(campaign: ReferralCampaign, site: Site): FraudPolicies {
  return { ...site.settings.fraud, ...campaign.settings.fraud };
}
