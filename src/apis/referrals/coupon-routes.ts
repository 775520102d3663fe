import Type from 'typebox';
import { PersonSlug } from '#apis/referrals/person-routes.js';
import { CouponObject, presentCoupon } from '#apis/referrals/present-coupon.js';
import { presentReward, RewardObject } from '#apis/referrals/present-reward.js';
import type { SiteTable } from '#apis/referrals/site-table.js';
import type { Core } from '#core/core.js';
import { findCoupon, type Coupon } from '#core/coupons/index.js';
import { CoreError } from '#core/errors.js';
import { couponChecks, rewardOfCoupon, type CouponChecks, type Reward } from '#core/rewards/index.js';
import { findPerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';

const Code = Type.Object({ code: Type.String({ maxLength: 255, examples: ['FRD7K2MWQ9XCF'] }) });

const Ours = {
  talkable_coupon: Type.Boolean({ description: 'Whether it is of one of the site’s coupon lists.' }),
  coupon: Type.Optional(CouponObject),
  associated_reward: Type.Optional(Type.Union([RewardObject, Type.Null()])),
};

const Checks = Type.Object(
  {
    coupon_unissued: Type.Boolean(),
    coupon_expired: Type.Boolean({ description: 'It has ended, or was taken back.' }),
    friend_offer_expired: Type.Boolean(),
    different_owner: Type.Boolean(),
    coupon_used: Type.Boolean(),
  },
  { description: 'What stands against it: true is a reason to refuse.' },
);

/** The first that stands against it is told. */
const SENTENCES: readonly [keyof CouponChecks, string][] = [
  ['unissued', 'Coupon was not issued to anybody yet'],
  ['differentOwner', 'Coupon belongs to a different person'],
  ['used', 'Coupon was already used'],
  ['expired', 'Coupon has expired'],
  ['friendOfferExpired', 'Friend offer has expired'],
];

export function couponRoutes(table: SiteTable): void {
  const shared = { tag: 'Coupons', scope: 'referrals:read' } as const;
  table.get('/coupons/:code', {
    ...shared,
    id: 'findCoupon',
    summary: 'Find a coupon',
    description: 'Of a code that is none of ours, only `{"talkable_coupon": false}`.',
    params: Code,
    returns: Type.Object(Ours),
    async handle({ core, site, params }) {
      const coupon = await findCoupon(core, site, params.code);
      if (coupon === undefined) return { talkable_coupon: false };
      return present(core, site, coupon, await rewardOfCoupon(core, site, coupon.id));
    },
  });
  table.get('/coupons/:code/permission/:person_slug', {
    ...shared,
    id: 'checkCouponPermission',
    summary: 'Check if given coupon code belongs to given person',
    description: 'A code that is none of ours is allowed: `{"allowed": true, "talkable_coupon": false}`.',
    params: Type.Object({ ...Code.properties, ...PersonSlug.properties }),
    returns: Type.Object({
      ...Ours,
      allowed: Type.Boolean(),
      error_message: Type.Optional(Type.Union([Type.String(), Type.Null()])),
      checks: Type.Optional(Checks),
    }),
    async handle({ core, site, params }) {
      const coupon = await findCoupon(core, site, params.code);
      if (coupon === undefined) return { allowed: true, talkable_coupon: false };
      const reward = await rewardOfCoupon(core, site, coupon.id);
      const checks = await couponChecks(core, site, coupon, reward, await idOf(core, site, params.person_slug));
      const message = SENTENCES.find(([check]) => checks[check])?.[1] ?? null;
      return {
        ...present(core, site, coupon, reward),
        allowed: message === null,
        error_message: message,
        checks: {
          coupon_unissued: checks.unissued,
          coupon_expired: checks.expired,
          friend_offer_expired: checks.friendOfferExpired,
          different_owner: checks.differentOwner,
          coupon_used: checks.used,
        },
      };
    },
  });
}

function present(core: Pick<Core, 'clock'>, site: Site, coupon: Coupon, reward: Reward | undefined) {
  const at = new Date(core.clock.now());
  return {
    talkable_coupon: true,
    coupon: presentCoupon(coupon, site, at),
    associated_reward: reward === undefined ? null : presentReward(reward, site, at),
  };
}

async function idOf(core: Pick<Core, 'db'>, site: Site, slug: string): Promise<number | undefined> {
  try {
    return (await findPerson(core, site, slug)).id;
  } catch (error) {
    if (error instanceof CoreError && error.code === 'site_person.not_found') return undefined;
    throw error;
  }
}
