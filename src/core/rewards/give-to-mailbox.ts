import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { giveFriendReward, type Friend } from '#core/rewards/give-friend-reward.js';
import { rewardOfMailbox } from '#core/rewards/reward-of-mailbox.js';
import type { Reward } from '#core/rewards/reward.js';
import type { SitePerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

/**
 * Gives a friend who said who they are what is promised to friends, unless another spelling of their address has it. Their
 * mailbox must be held; wake the deliveries after it.
 */
export async function giveToMailbox(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock' | 'settings'>,
  site: Site,
  friend: Friend & { person: SitePerson },
): Promise<Reward[]> {
  const had = await rewardOfMailbox(tx, site, friend.offer, friend.person);
  return had === undefined ? giveFriendReward(tx, core, site, friend) : [had];
}
