import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { giveReward, type GiveReward } from '#core/rewards/give-reward.js';
import type { Reward } from '#core/rewards/reward.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

/** Gives all that a campaign promises an advocate for one act, once for an offer. Wake the deliveries after it. */
export async function giveIncentives(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock' | 'settings'>,
  site: Site,
  give: Omit<GiveReward, 'incentive' | 'held' | 'once' | 'offerId'> & { reason: 'signup' | 'shared'; offerId: number },
): Promise<Reward[]> {
  const rewards: Reward[] = [];
  for (const incentive of give.campaign.settings.incentives) {
    if (incentive.reason !== give.reason) continue;
    const once = `${give.reason}:${give.offerId}:${incentive.identifier}`;
    const reward = await giveReward(tx, core, site, { ...give, incentive, once });
    if (reward !== undefined) rewards.push(reward);
  }
  return rewards;
}
