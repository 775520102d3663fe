import Type from 'typebox';
import { personBySlug } from '#apis/referrals/find-by-slug.js';
import { PersonSlug } from '#apis/referrals/person-routes.js';
import { presentReward, RewardObject, SHOWN_STATUS } from '#apis/referrals/present-reward.js';
import type { SiteTable } from '#apis/referrals/site-table.js';
import { REWARD_STATUSES } from '#core/referral-words.js';
import { MOST_REWARDS, rewardsOfPerson, rewardsOfVisitor } from '#core/rewards/index.js';
import { checkVisitor } from '#core/site-people/index.js';

const Rewards = Type.Object({ rewards: Type.Array(RewardObject) });
const STATUSES = { Paid: ['paid'], Unpaid: ['unpaid'], Voided: ['voided'], All: REWARD_STATUSES } as const;

export function rewardRoutes(table: SiteTable): void {
  table.get('/people/:person_slug/rewards', {
    id: 'listPersonRewards',
    summary: 'Get rewards received by person',
    description: `The latest ${MOST_REWARDS}, the latest first.`,
    tag: 'People',
    scope: 'referrals:read',
    params: PersonSlug,
    returns: Rewards,
    async handle({ core, site, params }) {
      const person = await personBySlug(core, site, params.person_slug);
      const rewards = await rewardsOfPerson(core, site, person.id);
      const at = new Date(core.clock.now());
      return { rewards: rewards.map((reward) => presentReward(reward, site, at)) };
    },
  });
  table.get('/rewards', {
    id: 'listVisitorRewards',
    summary: 'List rewards of a visitor',
    description: `Those given in this browser, and those of the person who is known to use it; the latest ${MOST_REWARDS}.`,
    tag: 'Rewards',
    scope: 'referrals:read',
    query: Type.Object(
      {
        visitor_uuid: Type.String({ maxLength: 36, examples: ['ecbb6fec-c3b4-4e7b-9aec-3a3f0e0d7b11'] }),
        status: Type.Optional(Type.Enum([...Object.values(SHOWN_STATUS), 'All'], { default: 'Paid' })),
      },
      { additionalProperties: false },
    ),
    returns: Rewards,
    async handle({ core, site, query }) {
      const { visitor_uuid: uuid, status = 'Paid' } = query;
      const rewards = await rewardsOfVisitor(core, site, checkVisitor(uuid), STATUSES[status]);
      const at = new Date(core.clock.now());
      return { rewards: rewards.map((reward) => presentReward(reward, site, at)) };
    },
  });
}
