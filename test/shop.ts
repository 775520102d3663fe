import type { Mode } from '#core/tables.js';
import { saveCouponList, type SaveCouponList } from '#core/coupons/index.js';
import { saveReferralCampaign, type ReferralCampaignSettings } from '#core/referral-campaigns/index.js';
import { createSite, type Site } from '#core/sites/index.js';
import { DescribedReplies, type Document } from './described-replies.js';
import type { Reply, World } from './world.js';

/** A shop in a world: both halves of a site, each with an invite campaign in which both sides are given a coupon. */
export interface Shop {
  site: Record<Mode, Site>;
  keys: Record<Mode, string>;
  securityKeys: Record<Mode, string>;
  campaign: Record<Mode, number>;
  /** Lists of codes for advocates and for friends, by mode; with a prefix, so that they never run out. */
  lists: Record<Mode, { advocate: number; friend: number }>;
  /**
   * A request below `/referrals/api/v2`, with the test key unless told otherwise. @throws where the reply is not what the
   * OpenAPI document says of the operation
   */
  ask(method: string, path: string, body?: unknown, mode?: Mode): Promise<Reply>;
}

export interface ShopOptions {
  slug?: string;
  /** What differs in the campaign. */
  campaign?: Partial<ReferralCampaignSettings>;
}

export const SHOP_API = '/referrals/api/v2';
/** How long its referrals are pending. */
export const APPROVAL_DELAY_SECONDS = 7 * 86_400;

export async function openShop(world: World, options: ShopOptions = {}): Promise<Shop> {
  const { core, account } = world;
  const { slug = 'shop', campaign = {} } = options;
  const created = await createSite(core, {
    ...{ accountId: account.id, slug, name: 'The Shop', url: 'https://shop.example/welcome', currency: 'USD' },
    ...{ timeZone: 'America/New_York', actor: 'test' },
  });
  const made = async (mode: Mode) => {
    const site = created.site[mode];
    const list = async (name: string, prefix: string): Promise<number> => {
      const saved = await saveCouponList(core, site, couponList(name, prefix), { actor: 'test', which: 'new' });
      return saved.list.id;
    };
    const lists = { advocate: await list('Advocates', 'ADV'), friend: await list('Friends', 'FRD') };
    const settings: ReferralCampaignSettings = {
      joinableBy: ['affiliate_member', 'purchase'],
      convertsBy: ['purchase'],
      approvalDelay: APPROVAL_DELAY_SECONDS,
      emailGating: false,
      incentives: [
        incentive('advocate', 'referrer', '$10 off for you', lists.advocate),
        incentive('friend', 'referred', '$10 off for your friend', lists.friend),
      ],
      texts: {
        headline: 'Give $10, get $10',
        description: 'Your friends get $10 off, and so do you.',
        friendHeadline: '{name} gives you $10',
        friendDescription: 'Take it with your first purchase.',
        shareSubject: '{name} gives you $10 at {site}',
        shareMessage: 'Here is $10 for you: {link}',
      },
      ...campaign,
    };
    const saved = await saveReferralCampaign(
      core,
      site,
      {
        ...{ slug: 'give-10-get-10', name: 'Give 10, get 10', kind: 'invite', status: 'live', tags: ['default'] },
        ...{ startsAt: null, endsAt: null, settings },
      },
      { actor: 'test', as: 'new' },
    );
    const campaignId = saved.campaign.id;
    return { lists, campaignId };
  };
  const [live, test] = [await made('live'), await made('test')];
  return {
    ...created,
    campaign: { live: live.campaignId, test: test.campaignId },
    lists: { live: live.lists, test: test.lists },
    async ask(method, path, body, mode = 'test') {
      const described = await describedReplies(world);
      const asked = { key: created.keys[mode], ...(body === undefined ? {} : { body }) };
      const reply = await world.request(method, `${SHOP_API}${path}`, asked);
      described.check(method, `${SHOP_API}${path}`, reply);
      return reply;
    },
  };
}

/** The document is the same for every world of a process. */
let described: Promise<DescribedReplies> | undefined;

export function describedReplies(world: World): Promise<DescribedReplies> {
  described ??= world
    .request('GET', '/docs/referrals.json', { key: null })
    .then(({ body }) => new DescribedReplies(body as unknown as Document));
  return described;
}

function incentive(identifier: string, reason: 'referrer' | 'referred', description: string, couponListId: number) {
  return { identifier, reason, kind: 'discount_coupon' as const, amount: 1000, description, couponListId };
}

/** Ten dollars off. */
function couponList(name: string, prefix: string): SaveCouponList {
  return {
    ...{ name, prefix, amount: 1000, percentage: null, description: null, singleUse: true, usageLimit: null },
    ...{ expiresAt: null, validDays: null, refillBelow: null },
  };
}
