import { addCouponCodes, saveCouponList, type SaveCouponList } from '#core/coupons/index.js';
import { saveReferralCampaign, type LoyaltyRules, type ReferralCampaign } from '#core/referral-campaigns/index.js';
import type { Mode } from '#core/tables.js';
import type { Shop } from './shop.js';
import type { World } from './world.js';

export interface LoyaltyOptions extends Partial<LoyaltyRules> {
  mode?: Mode;
  slug?: string;
  status?: ReferralCampaign['status'];
  /** What `redeem` can get, beside what is made up: codes that were handed in. */
  codes?: string[];
}

/** A loyalty campaign of a shop, with two things to redeem points for: made-up codes for 100, codes handed in for 50. */
export async function openLoyalty(
  world: World,
  shop: Shop,
  { mode = 'test', slug = 'points', status = 'live', codes = [], ...rules }: LoyaltyOptions = {},
): Promise<{ campaign: number; batches: { madeUp: number; handedIn: number } }> {
  const { core } = world;
  const site = shop.site[mode];
  const list = async (more: Partial<SaveCouponList>): Promise<number> => {
    const input = { ...LIST, ...more, name: `${slug} ${more.name ?? ''}` };
    return (await saveCouponList(core, site, input, { actor: 'test', which: 'new' })).list.id;
  };
  const madeUp = await list({ name: 'made up', prefix: 'PTS' });
  const handedIn = await list({ name: 'handed in', amount: null, percentage: 1250 });
  if (codes.length > 0) await addCouponCodes(core, site, { listId: handedIn, codes, actor: 'test' });
  const { campaign } = await saveReferralCampaign(
    core,
    site,
    {
      ...{ slug, name: 'Points', kind: 'loyalty', status, tags: [], startsAt: null, endsAt: null },
      settings: {
        ...{ joinableBy: [], convertsBy: [], approvalDelay: 0, emailGating: false },
        ...{ incentives: [], texts: TEXTS },
        loyalty: { mostPoints: 1000, autoJoin: true, actions: ACTIONS, ...rules },
      },
      redemptionBatches: [
        { description: '$10 off', pointsCost: 100, couponListId: madeUp },
        { description: '12.5 % off', pointsCost: 50, couponListId: handedIn },
      ],
    },
    { actor: 'test', as: 'new' },
  );
  const rows = await core.db
    .selectFrom('redemption_batches')
    .select('id')
    .where('campaign_id', '=', campaign.id)
    .orderBy('position')
    .execute();
  return { campaign: campaign.id, batches: { madeUp: rows[0]?.id ?? 0, handedIn: rows[1]?.id ?? 0 } };
}

const LIST: SaveCouponList = {
  ...{ name: '', prefix: null, amount: 1000, percentage: null, description: null, singleUse: true, usageLimit: null },
  ...{ expiresAt: null, validDays: null, refillBelow: null },
};

const ACTIONS = [
  { identifier: 'purchase', name: 'Buy', points: 10, pointsPerUnit: 2 },
  { identifier: 'event:newsletter', name: 'Read', points: 5 },
  { identifier: 'referral', name: 'Recommend', points: 50 },
  { identifier: 'review', name: 'Review', description: 'What you think of it.', points: 20 },
  { identifier: 'profile', name: 'Tell us', points: 15, limit: 'once' as const },
];

const TEXTS = {
  ...{ headline: 'Points', description: 'Points', friendHeadline: 'Points', friendDescription: 'Points' },
  ...{ shareSubject: 'Points', shareMessage: '{link}' },
};
